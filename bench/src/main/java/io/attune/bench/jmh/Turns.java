package io.attune.bench.jmh;

/**
 * Whose slice comes next, and whether it begins with a run that does not count. What the one before
 * left, its data in the caches and threads that still spin for a few milliseconds, is no property
 * of the one that comes: a first product of 10 ms after libtorch's took 16. Runs of seconds do not
 * feel it, and would take the bench twice as long.
 */
final class Turns {
  /** Runs up to this long settle. */
  private static final long SETTLING_NANOSECONDS = 50_000_000;

  private final long[] nanosecondsOfRun;
  private int turn = -1;

  Turns(int contestants) {
    nanosecondsOfRun = new long[contestants];
  }

  /** The number of the contestant whose slice begins. */
  int next() {
    turn = (turn + 1) % nanosecondsOfRun.length;
    return turn;
  }

  /**
   * Whether it runs once before the slice counts: not in its first, when nothing is known of it.
   */
  boolean settles() {
    return nanosecondsOfRun[turn] > 0 && nanosecondsOfRun[turn] <= SETTLING_NANOSECONDS;
  }

  /** The slice has ended after so many runs. */
  void end(long nanoseconds, long runs) {
    nanosecondsOfRun[turn] = runs == 0 ? 0 : Math.max(1, nanoseconds / runs);
  }
}
