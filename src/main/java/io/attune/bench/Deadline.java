package io.attune.bench;

/** When a stage, or a part of it, must have ended. */
public final class Deadline {
  private final long end;

  private Deadline(long end) {
    this.end = end;
  }

  public static Deadline inSeconds(double seconds) {
    return new Deadline(System.nanoTime() + (long) (seconds * 1e9));
  }

  double secondsLeft() {
    return (end - System.nanoTime()) * 1e-9;
  }

  /**
   * The end of the next part, which gets its share of the time that is left now; what it does not
   * use falls to those after it.
   *
   * @param weight of the part
   * @param allWeights of the part and all that come after it
   * @param reserve seconds at the end that nobody gets
   */
  Deadline share(double weight, double allWeights, double reserve) {
    return inSeconds(Math.max(0, secondsLeft() - reserve) * weight / allWeights);
  }
}
