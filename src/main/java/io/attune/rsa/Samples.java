package io.attune.rsa;

import io.attune.InputException;
import java.util.stream.IntStream;

/** Times at which something was sampled, in ms. */
final class Samples {
  private Samples() {}

  /**
   * The places of the times from {@code from} to {@code to}, both included.
   *
   * @throws InputException if there are none
   */
  static int[] between(double[] times, double from, double to) {
    int[] kept =
        IntStream.range(0, times.length)
            .filter(t -> times[t] >= from - 1e-9 && times[t] <= to + 1e-9)
            .toArray();
    if (kept.length == 0) {
      throw new InputException(
          "no sample from %s to %s ms; there are %s".formatted(from, to, text(times)));
    }
    return kept;
  }

  /** Such as {@code 281 times, -100.0..1300.0 ms}. */
  static String text(double[] times) {
    return times.length == 0
        ? "no times"
        : "%d times, %s..%s ms".formatted(times.length, times[0], times[times.length - 1]);
  }
}
