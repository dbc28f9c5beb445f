package io.attune.cli;

import io.attune.InputException;
import io.attune.device.DeviceMemoryException;
import io.attune.device.cuda.CudaException;
import io.attune.train.NonFiniteLossException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How a command that cannot go on says so: one line on standard error, and status 2 for what the
 * person can mend, a GPU that fails or is too small among it, 1 for what is ours or the machine's.
 * {@code --verbose} adds the stack trace.
 */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  private final PrintStream err;
  private final Attune root;

  Failures(PrintStream err, Attune root) {
    this.err = err;
    this.root = root;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
    return report(e);
  }

  @Override
  public int handleParseException(ParameterException e, String[] arguments) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    String message =
        e.getMessage().lines().findFirst().orElse("bad option").replaceFirst("^Error: ", "");
    if (e instanceof UnmatchedArgumentException unmatched) {
      message =
          "unknown command or option "
              + unmatched.getUnmatched().getFirst()
              + unmatched.getSuggestions().stream()
                  .findFirst()
                  .map(suggestion -> ", did you mean " + suggestion + "?")
                  .orElse("");
    }
    err.println("attune: " + message + " (see " + command + " --help)");
    trace(e);
    return BAD_INPUT;
  }

  /** Prints the line for a failure and returns the exit status. */
  int report(Throwable e) {
    String text;
    int status = BAD_INPUT;
    switch (e) {
      case NonFiniteLossException diverged -> {
        text = diverged.getMessage();
        status = FAILED;
      }
      case InputException bad -> text = bad.getMessage();
      case CudaException gpu -> text = gpu.getMessage();
      case NoSuchFileException missing -> text = missing.getFile() + ": no such file or folder";
      case FileAlreadyExistsException exists -> text = exists.getFile() + " exists already";
      case AccessDeniedException denied -> text = denied.getFile() + ": permission denied";
      case DeviceMemoryException memory -> text = memory.getMessage();
      case OutOfMemoryError memory -> {
        text =
            String.format(
                Locale.ROOT,
                "out of memory: Java may use %.1f GiB here; a smaller --batch needs less, and"
                    + " ATTUNE_OPTS=-Xmx... allows more",
                Runtime.getRuntime().maxMemory() / (double) (1L << 30));
        status = FAILED;
      }
      case IOException io -> {
        text = "reading or writing failed: " + io.getMessage();
        status = FAILED;
      }
      default -> {
        text =
            "internal error, "
                + e
                + "; --verbose shows where: please report it with that and the command";
        status = FAILED;
      }
    }
    err.println("attune: " + oneLine(text));
    trace(e);
    return status;
  }

  private void trace(Throwable e) {
    if (root.verbose) {
      e.printStackTrace(err);
    }
  }

  private static String oneLine(String text) {
    return text == null ? "no message" : text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
