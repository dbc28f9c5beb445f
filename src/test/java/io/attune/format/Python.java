package io.attune.format;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs what other people read and write our formats with. */
final class Python {
  private static final Path INTERPRETER = Path.of("/usr/bin/python3");

  private Python() {}

  /** Runs a script in a folder and gives what it printed; skips the test without its modules. */
  static String run(Path folder, String modules, String script)
      throws IOException, InterruptedException {
    boolean isPresent =
        Files.isExecutable(INTERPRETER) && start(folder, "import " + modules).status() == 0;
    if (!isPresent) {
      System.out.println("skipped: " + INTERPRETER + " with " + modules + " is not installed");
    }
    assumeTrue(isPresent, INTERPRETER + " with " + modules + " is not installed");
    Result result = start(folder, "import " + modules + "\n" + script);
    if (result.status() != 0) {
      throw new AssertionError("script failed:\n" + result.output());
    }
    return result.output().strip();
  }

  private record Result(int status, String output) {}

  private static Result start(Path folder, String script) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(INTERPRETER.toString(), "-c", script));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
