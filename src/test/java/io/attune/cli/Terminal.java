package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs the command line inside the test and keeps what it printed. */
final class Terminal {
  /** Line ends are made {@code \n}. */
  record Result(int status, String out, String err) {}

  private Terminal() {}

  static Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status = Attune.run(new Console(print(out), print(err), 0), arguments);
    return new Result(status, text(out), text(err));
  }

  /** Runs what a user would type, words apart by single spaces, and requires that it succeeds. */
  static Result ok(String command) {
    Result result = run(command.split(" "));
    assertEquals(0, result.status(), result.err());
    return result;
  }

  private static PrintStream print(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
  }
}
