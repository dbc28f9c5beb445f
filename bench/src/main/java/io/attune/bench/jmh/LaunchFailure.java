package io.attune.bench.jmh;

import io.attune.InputException;
import java.io.Serial;
import org.openjdk.jmh.runner.RunnerException;

/** A launch that gave no times: why, in a line, and all that it said. */
final class LaunchFailure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final String said;

  private LaunchFailure(String message, String said, RunnerException cause) {
    super(message, cause);
    this.said = said;
  }

  /**
   * What to throw when JMH gave up.
   *
   * @param contest its key
   * @return an {@link InputException} if the launch ended by one
   */
  static RuntimeException of(String contest, RunnerException thrown, String said) {
    Throwable reason = reason(thrown);
    if (reason instanceof InputException) {
      return new InputException("%s: %s".formatted(contest, reason.getMessage()), thrown);
    }
    String text =
        reason.getMessage() == null || !(reason instanceof IllegalStateException)
            ? reason.toString()
            : reason.getMessage();
    return new LaunchFailure(
        "%s: %s".formatted(contest, BenchFailures.oneLine(text)), said, thrown);
  }

  /** JMH hands on what a launch threw as suppressed exceptions of the causes of its own. */
  private static Throwable reason(Throwable thrown) {
    Throwable deepest = thrown;
    while (true) {
      if (deepest.getSuppressed().length > 0) {
        deepest = deepest.getSuppressed()[0];
      } else if (deepest.getCause() != null && !(deepest instanceof InputException)) {
        deepest = deepest.getCause();
      } else {
        return deepest;
      }
    }
  }

  /** All that the launch said. */
  String said() {
    return said;
  }
}
