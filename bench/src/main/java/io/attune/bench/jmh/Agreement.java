package io.attune.bench.jmh;

import java.util.Map;

/** Holds the outputs of providers against each other: only the same work may be compared. */
public final class Agreement {
  private Agreement() {}

  /**
   * Runs each contestant once and compares with the first.
   *
   * @throws IllegalStateException if any output differs by more than the contest tolerates: which,
   *     where and how much
   */
  public static void require(Contest contest, Map<Provider, Contestant> field) throws Exception {
    Provider first = null;
    float[][] expected = null;
    for (Map.Entry<Provider, Contestant> entry : field.entrySet()) {
      entry.getValue().run();
      float[][] actual = entry.getValue().outputs();
      if (expected == null) {
        first = entry.getKey();
        expected = actual;
      } else {
        String pair = first.label() + " and " + entry.getKey().label();
        compare(contest.key() + ": " + pair, expected, actual, contest.tolerance());
      }
    }
  }

  private static void compare(String what, float[][] a, float[][] b, double tolerance) {
    if (a.length != b.length) {
      throw new IllegalStateException(
          "%s give %d and %d outputs".formatted(what, a.length, b.length));
    }
    for (int output = 0; output < a.length; output++) {
      compare(what + ", output " + output, a[output], b[output], tolerance);
    }
  }

  private static void compare(String what, float[] a, float[] b, double tolerance) {
    if (a.length != b.length) {
      throw new IllegalStateException("%s: %d and %d elements".formatted(what, a.length, b.length));
    }
    double largest = 0;
    for (float value : a) {
      largest = Math.max(largest, Math.abs(value));
    }
    if (Double.isInfinite(largest)) {
      throw new IllegalStateException(what + ": the first holds infinity, beside which all agrees");
    }
    for (int i = 0; i < a.length; i++) {
      // Written so that NaN fails.
      if (!(Math.abs(a[i] - b[i]) <= tolerance * largest)) {
        throw new IllegalStateException(
            "%s, element %d: %s and %s differ by more than %s of the largest, %s"
                .formatted(what, i, a[i], b[i], tolerance, largest));
      }
    }
    if (largest == 0 && a.length > 0) {
      throw new IllegalStateException(what + ": all zeros prove nothing");
    }
  }
}
