package io.attune.bench.jmh;

import io.attune.InputException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How a bench that cannot go on says so: one line on standard error, and status 2 for what the
 * person can mend, 1 for a check that did not pass and for what is ours, 130 after Ctrl-C. {@code
 * --verbose} adds the stack trace and all that a launch said.
 */
final class BenchFailures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int INTERRUPTED = 130;

  private final PrintWriter err;

  BenchFailures(PrintWriter err) {
    this.err = err;
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    String message =
        e instanceof UnmatchedArgumentException unmatched
            ? "unknown option " + unmatched.getUnmatched().getFirst()
            : e.getMessage();
    say(message + " (see attune bench --help)");
    return BAD_INPUT;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    boolean verbose = parsed.matchedOptionValue("--verbose", false);
    if (verbose) {
      if (e instanceof LaunchFailure failure) {
        err.println(failure.said());
      }
      e.printStackTrace(err);
    }
    if (e instanceof InputException) {
      say(e.getMessage());
      return BAD_INPUT;
    }
    String text =
        switch (e) {
          case LaunchFailure failure -> failure.getMessage();
          case FileSystemException file -> file.toString();
          default -> "internal error, " + e;
        };
    say(verbose ? text : text + "; --verbose shows more");
    return FAILED;
  }

  private void say(String text) {
    err.println("attune: " + oneLine(text));
    err.flush();
  }

  static String oneLine(String text) {
    return text == null ? "no message" : text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
