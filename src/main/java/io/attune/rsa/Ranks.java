package io.attune.rsa;

/** Ranks with ties averaged, 1-based, by radix sort: linear in the number of values. */
public final class Ranks {
  private static final int DIGIT_BITS = 11;
  private static final int BINS = 1 << DIGIT_BITS;

  private Ranks() {}

  /**
   * The rank of each value, 1 for the smallest; equal values (0.0 and -0.0 too) share the mean of
   * their ranks.
   *
   * @param values no NaN; not modified
   * @throws IllegalArgumentException on a NaN
   */
  public static double[] average(double[] values) {
    int n = values.length;
    Sorted sorted = sorted(values);
    double[] ranks = new double[n];
    for (int start = 0; start < n; ) {
      int end = start + 1;
      while (end < n && sorted.keys[end] == sorted.keys[start]) {
        end++;
      }
      double rank = (start + 1 + end) / 2.0;
      for (int i = start; i < end; i++) {
        ranks[sorted.places[i]] = rank;
      }
      start = end;
    }
    return ranks;
  }

  /**
   * How many distinct values are smaller than each value: 0 for the smallest, the same for equals.
   *
   * @param values no NaN; not modified
   * @throws IllegalArgumentException on a NaN
   */
  static int[] dense(double[] values) {
    Sorted sorted = sorted(values);
    int[] dense = new int[values.length];
    for (int i = 0, rank = 0; i < dense.length; i++) {
      rank += i > 0 && sorted.keys[i] != sorted.keys[i - 1] ? 1 : 0;
      dense[sorted.places[i]] = rank;
    }
    return dense;
  }

  private static Sorted sorted(double[] values) {
    int n = values.length;
    long[] keys = new long[n];
    int[] places = new int[n];
    for (int i = 0; i < n; i++) {
      keys[i] = sortableBits(values[i], i);
      places[i] = i;
    }
    Sorted sorted = new Sorted(keys, places);
    for (int shift = 0; shift < Long.SIZE; shift += DIGIT_BITS) {
      sorted = pass(sorted, shift);
    }
    return sorted;
  }

  /** Bits whose unsigned order is the order of doubles. */
  private static long sortableBits(double value, int place) {
    if (Double.isNaN(value)) {
      throw new IllegalArgumentException("value " + place + " is NaN: it has no rank");
    }
    long bits = Double.doubleToRawLongBits(value + 0.0); // + 0.0 makes -0.0 equal to 0.0
    return bits ^ ((bits >> 63) | Long.MIN_VALUE);
  }

  private static Sorted pass(Sorted in, int shift) {
    int n = in.keys.length;
    int[] starts = new int[BINS + 1];
    for (long key : in.keys) {
      starts[digit(key, shift) + 1]++;
    }
    for (int bin = 0; bin < BINS; bin++) {
      if (starts[bin + 1] == n) {
        return in; // every key has the same digit here
      }
    }
    for (int bin = 0; bin < BINS; bin++) {
      starts[bin + 1] += starts[bin];
    }
    Sorted out = new Sorted(new long[n], new int[n]);
    for (int i = 0; i < n; i++) {
      int to = starts[digit(in.keys[i], shift)]++;
      out.keys[to] = in.keys[i];
      out.places[to] = in.places[i];
    }
    return out;
  }

  private static int digit(long key, int shift) {
    return (int) (key >>> shift) & (BINS - 1);
  }

  private record Sorted(long[] keys, int[] places) {}
}
