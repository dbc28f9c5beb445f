package io.attune.rsa;

import java.util.Arrays;

/**
 * Which pairs of n conditions a comparison is over: all of the upper triangle, or those left when
 * some are missing. Holds what depends on that choice alone, so that many RDMs can share it.
 */
final class Pairs {
  private final int conditions;
  private final double[] variances;
  private final int[] first;
  private final int[] second;
  private final boolean complete;
  private Whitening whitening;

  private Pairs(int conditions, double[] variances, int[] first, int[] second, boolean complete) {
    this.conditions = conditions;
    this.variances = variances;
    this.first = first;
    this.second = second;
    this.complete = complete;
  }

  /** The whole upper triangle, of conditions whose noise is equal. */
  static Pairs all(int conditions) {
    return all(conditions, null);
  }

  /**
   * The whole upper triangle.
   *
   * @param variances of the noise of each condition, in any unit; null for equal ones
   */
  static Pairs all(int conditions, double[] variances) {
    int count = Rdm.pairs(conditions);
    int[] first = new int[count];
    int[] second = new int[count];
    for (int i = 0, p = 0; i < conditions; i++) {
      for (int j = i + 1; j < conditions; j++, p++) {
        first[p] = i;
        second[p] = j;
      }
    }
    return new Pairs(conditions, variances, first, second, true);
  }

  /**
   * The upper triangle of conditions drawn with replacement, without the pairs of a condition with
   * its own copy: rsatoolbox makes those NaN. Copies stay conditions of their own.
   *
   * @param drawn for each place, which condition
   * @param variances of the conditions before the draw; null for equal ones
   */
  static Pairs ofSample(int[] drawn, double[] variances) {
    double[] own =
        variances == null ? null : Arrays.stream(drawn).mapToDouble(i -> variances[i]).toArray();
    Pairs all = all(drawn.length, own);
    boolean[] keep = new boolean[all.count()];
    for (int p = 0; p < keep.length; p++) {
      keep[p] = drawn[all.first[p]] != drawn[all.second[p]];
    }
    return all.only(keep);
  }

  /** Those of these pairs for which {@code keep} is true. */
  Pairs only(boolean[] keep) {
    int kept = 0;
    int[] left = new int[keep.length];
    int[] right = new int[keep.length];
    for (int p = 0; p < keep.length; p++) {
      if (keep[p]) {
        left[kept] = first[p];
        right[kept++] = second[p];
      }
    }
    return kept == keep.length
        ? this
        : new Pairs(
            conditions, variances, Arrays.copyOf(left, kept), Arrays.copyOf(right, kept), false);
  }

  int conditions() {
    return conditions;
  }

  /** The variance of a condition's noise; only ratios between conditions count. */
  double variance(int condition) {
    return variances == null ? 1 : variances[condition];
  }

  /** Those of all conditions, not to be modified; null for equal ones. */
  double[] variances() {
    return variances;
  }

  /** How many there are. */
  int count() {
    return first.length;
  }

  /** The condition that comes first in pair p. */
  int first(int p) {
    return first[p];
  }

  /** The other condition of pair p. */
  int second(int p) {
    return second[p];
  }

  /**
   * The dissimilarities of these pairs, where {@code drawn[i]} is condition i's place in an RDM.
   */
  double[] gather(double[] condensed, int[] drawn, int size) {
    double[] values = new double[count()];
    for (int p = 0; p < values.length; p++) {
      int i = drawn[first[p]];
      int j = drawn[second[p]];
      values[p] = condensed[Rdm.place(Math.min(i, j), Math.max(i, j), size)];
    }
    return values;
  }

  /** How dissimilarities of these pairs are whitened; made at first use. */
  synchronized Whitening whitening() {
    if (whitening == null) {
      whitening = complete ? Whitening.complete(this) : Whitening.incomplete(this);
    }
    return whitening;
  }
}
