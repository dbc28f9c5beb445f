package io.attune.train;

/**
 * What training steps took.
 *
 * @param steps how many
 * @param nanoseconds of all of them, from the first one's start to the last one's end
 * @param waitedNanoseconds of these, how long the trainer stood still until images were read
 */
public record StepTime(long steps, long nanoseconds, long waitedNanoseconds) {
  static final StepTime NONE = new StepTime(0, 0, 0);

  /** From here on, reading images is worth a word. */
  private static final double MUCH = 0.05;

  StepTime plus(StepTime more) {
    return new StepTime(
        steps + more.steps,
        nanoseconds + more.nanoseconds,
        waitedNanoseconds + more.waitedNanoseconds);
  }

  /** What part of the time was waited, 0 to 1; NaN of no steps. */
  public double waitingShare() {
    return steps == 0 ? Double.NaN : (double) waitedNanoseconds / nanoseconds;
  }

  /** What to add to an epoch's line; nothing where little was waited. */
  String complaint() {
    return waitingShare() > MUCH
        ? "  (%.0f %% of it waiting for images)".formatted(100 * waitingShare())
        : "";
  }
}
