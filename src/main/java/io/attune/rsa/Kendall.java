package io.attune.rsa;

import java.util.Arrays;

/**
 * Kendall's tau in O(n log n), by Knight, "A computer method for calculating Kendall's tau with
 * ungrouped data" (JASA 61, 1966): discordant pairs are the inversions of the second series in the
 * order of the first, counted by a merge sort.
 *
 * @param score concordant less discordant pairs
 * @param pairs of observations: n (n - 1) / 2
 * @param firstTied pairs tied in the first series
 * @param secondTied pairs tied in the second series
 */
record Kendall(long score, long pairs, long firstTied, long secondTied) {
  /**
   * Counts.
   *
   * @param x average ranks of the first series, see {@link Ranks}; not modified
   * @param y average ranks of the second series, as many; not modified
   */
  static Kendall of(double[] x, double[] y) {
    int n = x.length;
    // Twice an average rank is a whole number: x above, y below, so that one sort orders by both.
    long[] keys = new long[n];
    for (int i = 0; i < n; i++) {
      keys[i] = Math.round(2 * x[i]) << Integer.SIZE | Math.round(2 * y[i]);
    }
    Arrays.sort(keys);
    int[] second = new int[n];
    long firstTied = 0;
    long bothTied = 0;
    for (int i = 0, firstRun = 0, bothRun = 0; i < n; i++) {
      second[i] = (int) keys[i];
      if (i > 0) {
        firstRun = keys[i] >>> Integer.SIZE == keys[i - 1] >>> Integer.SIZE ? firstRun + 1 : 0;
        bothRun = keys[i] == keys[i - 1] ? bothRun + 1 : 0;
        firstTied += firstRun;
        bothTied += bothRun;
      }
    }
    long discordant = sortAndCountInversions(second);
    long secondTied = 0;
    for (int i = 1, run = 0; i < n; i++) {
      run = second[i] == second[i - 1] ? run + 1 : 0;
      secondTied += run;
    }
    long pairs = (long) n * (n - 1) / 2;
    long score = pairs - firstTied - secondTied + bothTied - 2 * discordant;
    return new Kendall(score, pairs, firstTied, secondTied);
  }

  /** Tau-a: ties count as neither; NaN for fewer than two observations. */
  double tauA() {
    return (double) score / pairs;
  }

  /** Tau-b: corrected for ties; NaN where a series is constant. */
  double tauB() {
    double root = Math.sqrt((double) (pairs - firstTied) * (pairs - secondTied));
    return root == 0 ? Double.NaN : Math.clamp(score / root, -1, 1);
  }

  private static long sortAndCountInversions(int[] values) {
    int n = values.length;
    int[] from = values;
    int[] to = new int[n];
    long inversions = 0;
    for (long width = 1; width < n; width *= 2) {
      for (long start = 0; start < n; start += 2 * width) {
        int middle = (int) Math.min(start + width, n);
        int end = (int) Math.min(start + 2 * width, n);
        int left = (int) start;
        int right = middle;
        for (int at = (int) start; at < end; at++) {
          if (left < middle && (right == end || from[left] <= from[right])) {
            to[at] = from[left++];
          } else {
            to[at] = from[right++];
            inversions += middle - left;
          }
        }
      }
      int[] swap = from;
      from = to;
      to = swap;
    }
    if (from != values) {
      System.arraycopy(from, 0, values, 0, n);
    }
    return inversions;
  }
}
