package io.attune.bench;

/** When a stage must have ended. */
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
}
