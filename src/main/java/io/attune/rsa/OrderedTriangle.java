package io.attune.rsa;

import java.util.Arrays;

/**
 * One RDM's dissimilarities, put in order once, to be compared over many draws of conditions. The
 * ranks that values have in a draw follow from how often each distinct value came, so that a draw
 * takes time linear in the pairs and sorts nothing. Equal to gathering the drawn pairs, copies
 * included, and comparing those, but for the order of sums.
 *
 * <p>Holds for {@link #serves} only. A triangle of NaN throughout is undefined, and so are its
 * similarities; one with gaps cannot be compared so.
 */
final class OrderedTriangle {
  private final Comparison comparison;
  private final double[] values;
  private final int[] order;
  private final int distinct;
  private final int missing;

  private OrderedTriangle(
      Comparison comparison, double[] values, int[] order, int distinct, int missing) {
    this.missing = missing;
    this.comparison = comparison;
    this.values = values;
    this.order = order;
    this.distinct = distinct;
  }

  /** Whether a measure can be had so. */
  static boolean serves(Comparison comparison) {
    return switch (comparison) {
      case SPEARMAN, RHO_A, PEARSON, COSINE -> true;
      case KENDALL_TAU_A, KENDALL_TAU_B, WHITENED_COSINE, WHITENED_PEARSON -> false;
    };
  }

  /**
   * Puts values in order.
   *
   * @param values one a pair, NaN where there is none; kept, not modified
   */
  static OrderedTriangle of(Comparison comparison, double[] values) {
    int missing = 0;
    for (double value : values) {
      missing += Double.isNaN(value) ? 1 : 0;
    }
    if (missing > 0 || !comparison.isOfRanks()) {
      return new OrderedTriangle(comparison, values, null, 0, missing);
    }
    int[] order = Ranks.dense(values);
    int distinct = 0;
    for (int place : order) {
      distinct = Math.max(distinct, place + 1);
    }
    return new OrderedTriangle(comparison, values, order, distinct, 0);
  }

  /** Whether some pairs are missing, but not all. */
  boolean hasGaps() {
    return missing > 0 && missing < values.length;
  }

  /** Whether all pairs are missing. */
  boolean isUndefined() {
    return missing > 0 && missing == values.length;
  }

  /** Where a draw is made ready: centred ranks, centred values or values. For one thread. */
  static final class Room {
    private double[] ready = new double[0];
    private double squares;
    private int[] counts = new int[0];
  }

  /** Makes the drawn pairs ready; what the room held before is lost. */
  void prepare(DrawnPairs drawn, Room into) {
    if (hasGaps()) {
      throw new IllegalStateException(missing + " pairs are missing");
    }
    into.squares = Double.NaN;
    if (isUndefined()) {
      return;
    }
    if (into.ready.length < drawn.count()) {
      into.ready = new double[drawn.count()];
    }
    if (comparison.isOfRanks()) {
      centredRanks(drawn, into);
    } else {
      gather(drawn, into.ready);
    }
    into.squares = product(drawn, into.ready, into.ready);
  }

  private void centredRanks(DrawnPairs drawn, Room into) {
    if (into.counts.length < distinct) {
      into.counts = new int[distinct];
    }
    int[] counts = into.counts;
    Arrays.fill(counts, 0, distinct, 0);
    int[] places = drawn.places();
    int[] weights = drawn.weights();
    for (int k = 0; k < places.length; k++) {
      counts[order[places[k]]] += weights[k];
    }
    // Twice the average rank less 1 + total, of c values equal after b smaller ones, is
    // 2 b + c - total.
    int before = -drawn.total();
    for (int i = 0; i < distinct; i++) {
      int count = counts[i];
      counts[i] = before + count;
      before += 2 * count;
    }
    double[] ready = into.ready;
    for (int k = 0; k < places.length; k++) {
      ready[k] = 0.5 * counts[order[places[k]]];
    }
  }

  private void gather(DrawnPairs drawn, double[] ready) {
    int[] places = drawn.places();
    boolean constant = true;
    double sum = 0;
    for (int k = 0; k < places.length; k++) {
      ready[k] = values[places[k]];
      constant &= ready[k] == ready[0];
      sum += drawn.weights()[k] * ready[k];
    }
    if (comparison.isCentred() && places.length > 0) {
      double mean = constant ? ready[0] : sum / drawn.total();
      for (int k = 0; k < places.length; k++) {
        ready[k] -= mean;
      }
    }
  }

  /** How alike two triangles are that were made ready for a draw. */
  static double similarity(Comparison comparison, DrawnPairs drawn, Room x, Room y) {
    if (Double.isNaN(x.squares) || Double.isNaN(y.squares)) {
      return Double.NaN;
    }
    double xy = product(drawn, x.ready, y.ready);
    double n = drawn.total();
    return comparison == Comparison.RHO_A
        ? xy * 12 / (n * n * n - n)
        : Triangle.cosine(xy, x.squares, y.squares);
  }

  /** The sum of products over drawn pairs, copies included; four sums side by side. */
  private static double product(DrawnPairs drawn, double[] x, double[] y) {
    int[] weights = drawn.weights();
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int whole = weights.length & ~3;
    for (int k = 0; k < whole; k += 4) {
      a += weights[k] * x[k] * y[k];
      b += weights[k + 1] * x[k + 1] * y[k + 1];
      c += weights[k + 2] * x[k + 2] * y[k + 2];
      d += weights[k + 3] * x[k + 3] * y[k + 3];
    }
    for (int k = whole; k < weights.length; k++) {
      a += weights[k] * x[k] * y[k];
    }
    return (a + b) + (c + d);
  }
}
