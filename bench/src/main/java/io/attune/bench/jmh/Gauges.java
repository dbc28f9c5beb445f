package io.attune.bench.jmh;

/**
 * What a run tells of itself beside the time that passed.
 *
 * @param steps of training that it made
 * @param stepNanoseconds of these steps
 * @param waitedNanoseconds of that time in which training stood still until images were read
 * @param plannedBytes that {@code --dry-run} would print
 * @param livedBytes that lived at most
 */
public record Gauges(
    long steps, long stepNanoseconds, long waitedNanoseconds, long plannedBytes, long livedBytes) {
  /** Of a run that tells nothing. */
  public static final Gauges NONE = new Gauges(0, 0, 0, 0, 0);

  Gauges plus(Gauges more) {
    return new Gauges(
        steps + more.steps,
        stepNanoseconds + more.stepNanoseconds,
        waitedNanoseconds + more.waitedNanoseconds,
        Math.max(plannedBytes, more.plannedBytes),
        Math.max(livedBytes, more.livedBytes));
  }

  /** What part of the steps' time was waited; NaN without steps. */
  double waitingShare() {
    return steps == 0 ? Double.NaN : (double) waitedNanoseconds / stepNanoseconds;
  }

  /** What lived over what was planned; NaN where neither was counted. */
  double livedOverPlanned() {
    return plannedBytes == 0 ? Double.NaN : (double) livedBytes / plannedBytes;
  }
}
