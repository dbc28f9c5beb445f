package io.attune.bench;

import io.attune.device.Device;
import io.attune.device.Recording;
import io.attune.device.cuda.CudaClock;

/**
 * Times one operation. Several sets of tensors take turns, together larger than the cache, and
 * short calls are timed several at a time, replayed as a graph, so that what is measured is the
 * card and not the host.
 */
final class OperationTimer {
  /** Sets that take turns, at most: small tensors stay in the cache whatever we do. */
  private static final int MOST_SETS = 32;

  private static final int MOST_CALLS = 64;

  private final Device device;
  private final CudaClock clock;
  private final boolean tiny;

  OperationTimer(Device device, CudaClock clock, boolean tiny) {
    this.device = device;
    this.clock = clock;
    this.tiny = tiny;
  }

  /** Sets of tensors for an operation that moves this many bytes. */
  int sets(double bytes) {
    if (tiny) {
      return 2;
    }
    double wanted = Math.ceil(3.0 * clock.cacheBytes() / Math.max(1, bytes));
    return (int) Math.clamp(wanted, 1, MOST_SETS);
  }

  /** Whether so many sets do not fit the cache together. */
  boolean leavesCache(double bytes, int sets) {
    return bytes * sets > 2.0 * clock.cacheBytes();
  }

  /**
   * Times it.
   *
   * @param milliseconds to spend on what is timed, about
   */
  Timing time(OperationCase operation, int sets, double milliseconds) {
    try (Inputs inputs = new Inputs(device)) {
      Runnable[] calls = new Runnable[sets];
      for (int i = 0; i < sets; i++) {
        calls[i] = operation.setup().prepare(inputs);
      }
      double once = tiny ? 1 : clock.milliseconds(2 * sets, sets, i -> calls[i % sets].run())[0];
      int together = operation.queues() ? together(once, sets) : 1;
      int repetitions =
          tiny ? 2 : (int) Math.clamp(milliseconds / Math.max(1e-3, once * together), 7, 50);
      if (together == 1) {
        return Timing.of(clock.milliseconds(1, repetitions, i -> calls[i % sets].run()), 1);
      }
      try (Recording replay = device.record(() -> callAll(calls, together))) {
        double[] times = clock.milliseconds(3, repetitions, i -> replay.run());
        return Timing.of(times, together);
      }
    }
  }

  private static void callAll(Runnable[] calls, int count) {
    for (int i = 0; i < count; i++) {
      calls[i % calls.length].run();
    }
  }

  /** Calls in a row that take half a millisecond, whole rounds of the sets; 1 for slow ones. */
  private int together(double once, int sets) {
    if (tiny) {
      return sets;
    }
    double wanted = 0.5 / Math.max(1e-3, once);
    if (wanted <= 1) {
      return 1;
    }
    int rounds = (int) Math.ceil(wanted / sets);
    return Math.clamp((long) rounds * sets, sets, Math.max(sets, MOST_CALLS));
  }
}
