package io.attune.device;

import java.util.function.IntToLongFunction;

/** How large a batch may be, found by planning: what a person is told where one did not fit. */
public final class LargestBatch {
  private LargestBatch() {}

  /**
   * The largest batch that fits, 0 if not even one example does.
   *
   * @param most the largest that is wanted
   * @param free bytes there are
   * @param need bytes that a batch takes; a larger one takes no less
   */
  public static int within(int most, long free, IntToLongFunction need) {
    int fits = 0;
    int tooLarge = most + 1;
    while (tooLarge - fits > 1) {
      int middle = (fits + tooLarge) >>> 1;
      if (need.applyAsLong(middle) <= free) {
        fits = middle;
      } else {
        tooLarge = middle;
      }
    }
    return fits;
  }
}
