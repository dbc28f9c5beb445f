package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** What holds for every command: help, version, exit statuses and one line for an error. */
class AttuneTest {
  @Test
  void versionNamesAttuneAndJava() {
    Terminal.Result result = Terminal.run("--version");
    assertEquals(0, result.status());
    assertTrue(result.out().matches("attune \\S.* \\(Java 2\\d.*\\)\\n"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void helpGoesToStandardOutput() {
    Terminal.Result result = Terminal.run("--help");
    assertEquals(0, result.status());
    assertTrue(result.out().startsWith("Usage: attune"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void everyHelpIsAFormatThatPicocliCanPrint() {
    PrintStream nothing = new PrintStream(new ByteArrayOutputStream());
    assertPrintable(Attune.commands(new Console(nothing, nothing, 0)));
  }

  private static void assertPrintable(CommandLine line) {
    UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    Stream<String[]> ofOptions =
        line.getCommandSpec().options().stream().map(option -> option.description());
    Stream.concat(Stream.of(usage.description(), usage.footer()), ofOptions)
        .flatMap(Arrays::stream)
        .forEach(text -> assertDoesNotThrow(() -> text.formatted(), text));
    line.getSubcommands().values().forEach(AttuneTest::assertPrintable);
  }

  @Test
  void withoutACommandItSaysWhatToDo() {
    Terminal.Result result = Terminal.run();
    assertEquals(2, result.status());
    assertEquals("attune: a command is needed (see attune --help)\n", result.err());
    assertEquals("", result.out());
  }

  @Test
  void anUnknownCommandOrOptionIsOneLine() {
    for (String[] arguments : new String[][] {{"frobnicate"}, {"--frobnicate"}}) {
      Terminal.Result result = Terminal.run(arguments);
      assertEquals(2, result.status());
      assertEquals(1, result.err().lines().count(), result.err());
      assertTrue(result.err().contains(arguments[0]), result.err());
      assertTrue(result.err().endsWith("(see attune --help)\n"), result.err());
    }
  }

  @Test
  void verboseShowsTheTrace() {
    Terminal.Result result = Terminal.run("--verbose");
    assertEquals(2, result.status());
    assertTrue(result.err().contains("\tat io.attune.cli.Attune"), result.err());
  }
}
