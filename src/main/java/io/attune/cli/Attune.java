package io.attune.cli;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit status: 0 done, 1 failed or a check did not pass, 2 bad input, 130 after
 * Ctrl-C.
 */
@Command(
    name = "attune",
    description = "CLIP, fine-tuned toward human perception.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Version.class,
    footer = {
      "",
      "The launcher, ./attune, also runs 'bench': the CPU's speed beside other libraries,"
          + " measured.",
      "'attune COMMAND --help' shows a command's options and examples.",
      "Exit status: 0 done, 1 failed or a check did not pass, 2 bad input, 130 after Ctrl-C."
    })
public final class Attune implements Runnable {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  boolean verbose;

  @Spec private CommandSpec spec;

  Attune() {}

  /** Runs one command and ends the process with its status. */
  public static void main(String[] arguments) {
    // Figures are printed alike everywhere, and read by scripts.
    Locale.setDefault(Locale.ROOT);
    System.exit(run(Console.ofProcess(), arguments));
  }

  /** Runs one command and returns its exit status. */
  static int run(Console console, String... arguments) {
    Attune root = new Attune();
    Failures failures = new Failures(console.err(), root);
    CommandLine line = Commands.addTo(new CommandLine(root), console, arguments);
    line.setOut(new PrintWriter(console.out(), true));
    line.setErr(new PrintWriter(console.err(), true));
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(100);
    Choices.register(line);
    line.setExecutionExceptionHandler(failures);
    line.setParameterExceptionHandler(failures);
    try {
      return line.execute(arguments);
    } catch (Error e) {
      return failures.report(e);
    } finally {
      console.out().flush();
      console.err().flush();
    }
  }

  /** The command line with all commands, before anything ran. */
  static CommandLine commands(Console console) {
    return Commands.addTo(new CommandLine(new Attune()), console);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is needed");
  }
}
