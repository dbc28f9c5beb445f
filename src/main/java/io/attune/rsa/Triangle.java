package io.attune.rsa;

/**
 * Dissimilarities made ready for many comparisons by one measure: centring, ranking and whitening
 * are done once. A triangle with NaN is compared over the pairs that both sides have, made ready
 * anew each time.
 */
final class Triangle {
  private final Comparison comparison;
  private final Pairs pairs;
  private final double[] raw;
  private final double[] ready;
  private final double squares;

  private Triangle(
      Comparison comparison, Pairs pairs, double[] raw, double[] ready, double squares) {
    this.comparison = comparison;
    this.pairs = pairs;
    this.raw = raw;
    this.ready = ready;
    this.squares = squares;
  }

  /**
   * Makes values ready.
   *
   * @param values one a pair; NaN where there is none; kept, not modified
   */
  static Triangle of(Comparison comparison, Pairs pairs, double[] values) {
    boolean missing = false;
    for (double value : values) {
      missing |= Double.isNaN(value);
    }
    double[] ready = missing ? null : comparison.ready(values, pairs);
    double squares = ready == null ? Double.NaN : dot(ready, ready);
    return new Triangle(comparison, pairs, values, ready, squares);
  }

  /** How alike two triangles over the same pairs are; NaN where that is not defined. */
  double similarity(Triangle other) {
    if (ready == null || other.ready == null) {
      boolean[] keep = new boolean[raw.length];
      int count = 0;
      for (int p = 0; p < keep.length; p++) {
        keep[p] = !Double.isNaN(raw[p]) && !Double.isNaN(other.raw[p]);
        count += keep[p] ? 1 : 0;
      }
      if (count < 2) {
        return Double.NaN;
      }
      Pairs both = pairs.only(keep);
      return of(comparison, both, only(raw, keep, count))
          .similarity(of(comparison, both, only(other.raw, keep, count)));
    }
    return switch (comparison) {
      case KENDALL_TAU_A -> Kendall.of(ready, other.ready).tauA();
      case KENDALL_TAU_B -> Kendall.of(ready, other.ready).tauB();
      case RHO_A -> {
        double n = ready.length;
        yield dot(ready, other.ready) * 12 / (n * n * n - n);
      }
      default -> cosine(dot(ready, other.ready), squares, other.squares);
    };
  }

  /**
   * A copy on the scale of its measure: average ranks for the rank measures, unit length for the
   * others (centred under the centred ones; of unit whitened length under the whitened ones). Means
   * of such are what rsatoolbox pools RDMs to.
   *
   * @return null where there is NaN, or no length
   */
  double[] scaled() {
    if (comparison.isOfRanks()) {
      return ready == null ? null : Ranks.average(raw);
    }
    if (ready == null || !(squares > 0)) {
      return null;
    }
    double[] unit = comparison.isCentred() ? Comparison.centred(raw) : raw.clone();
    double scale = 1 / Math.sqrt(squares);
    for (int p = 0; p < unit.length; p++) {
      unit[p] *= scale;
    }
    return unit;
  }

  /**
   * The same triangles over the pairs that all of them have; those without a single value are
   * passed over and stay as they are.
   *
   * @param triangles over the same pairs; null where there is none
   */
  static Triangle[] common(Triangle[] triangles) {
    boolean[] keep = null;
    for (Triangle triangle : triangles) {
      if (triangle != null && !triangle.isUndefined()) {
        keep = keep == null ? new boolean[triangle.raw.length] : keep;
        for (int p = 0; p < keep.length; p++) {
          keep[p] |= Double.isNaN(triangle.raw[p]);
        }
      }
    }
    int count = 0;
    for (int p = 0; keep != null && p < keep.length; p++) {
      keep[p] = !keep[p];
      count += keep[p] ? 1 : 0;
    }
    if (keep == null || count == keep.length) {
      return triangles;
    }
    Triangle[] common = new Triangle[triangles.length];
    Pairs left = null;
    for (int i = 0; i < common.length; i++) {
      if (triangles[i] != null) {
        left = left == null ? triangles[i].pairs.only(keep) : left;
        common[i] = of(triangles[i].comparison, left, only(triangles[i].raw, keep, count));
      }
    }
    return common;
  }

  /** Whether there is not a single value. */
  private boolean isUndefined() {
    for (double value : raw) {
      if (!Double.isNaN(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The mean of triangles' directions, those without length left out: the mean of a triangle's
   * similarities with them is its similarity with this, see {@link #along}.
   *
   * @return null for measures that are no cosines, or where a pair is missing
   */
  static double[] meanDirection(Triangle[] triangles) {
    double[] mean = null;
    int count = 0;
    for (Triangle triangle : triangles) {
      if (triangle.ready == null || !triangle.comparison.isCosine()) {
        return null;
      }
      mean = mean == null ? new double[triangle.ready.length] : mean;
      if (triangle.squares > 0) {
        double scale = 1 / Math.sqrt(triangle.squares);
        for (int p = 0; p < mean.length; p++) {
          mean[p] += scale * triangle.ready[p];
        }
        count++;
      }
    }
    for (int p = 0; mean != null && p < mean.length; p++) {
      mean[p] /= count;
    }
    return mean;
  }

  /** The similarity with a mean direction; NaN where this has no length. */
  double along(double[] meanDirection) {
    return dot(ready, meanDirection) / Math.sqrt(squares);
  }

  /** Whether no pair is missing. */
  boolean isComplete() {
    return ready != null;
  }

  /** Whether what is compared moves with the conditions, pair by pair. */
  boolean isMovable() {
    return ready != null && ready.length == raw.length;
  }

  /**
   * This triangle with its pairs elsewhere: {@code places[p]} is where pair p is taken from. What
   * was made ready is moved, so that ranks are not found anew. Only where {@link #isMovable}, and
   * to be compared with what {@link #isComplete}.
   *
   * @param room takes what is ready; the triangle holds until it is used again
   */
  Triangle moved(int[] places, double[] room) {
    for (int p = 0; p < room.length; p++) {
      room[p] = ready[places[p]];
    }
    return new Triangle(comparison, pairs, null, room, squares);
  }

  /** The pairs it is over. */
  Pairs pairs() {
    return pairs;
  }

  /** The values it was made from, one a pair; not to be modified. */
  double[] raw() {
    return raw;
  }

  /** The cosine of an angle, from a product and both squared lengths; NaN where one is 0. */
  static double cosine(double xy, double xx, double yy) {
    // One root of the product is exact for x = y; two are needed where the product overflows or
    // underflows.
    double product = xx * yy;
    double norms =
        product >= Double.MIN_NORMAL && product <= Double.MAX_VALUE
            ? Math.sqrt(product)
            : Math.sqrt(xx) * Math.sqrt(yy);
    double value = xy / norms;
    return Double.isNaN(value) ? value : Math.clamp(value, -1, 1);
  }

  private static double[] only(double[] values, boolean[] keep, int count) {
    double[] kept = new double[count];
    for (int p = 0, at = 0; p < keep.length; p++) {
      if (keep[p]) {
        kept[at++] = values[p];
      }
    }
    return kept;
  }

  /** Four sums side by side: the processor need not wait for one addition before the next. */
  private static double dot(double[] x, double[] y) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int whole = x.length & ~3;
    for (int i = 0; i < whole; i += 4) {
      a += x[i] * y[i];
      b += x[i + 1] * y[i + 1];
      c += x[i + 2] * y[i + 2];
      d += x[i + 3] * y[i + 3];
    }
    for (int i = whole; i < x.length; i++) {
      a += x[i] * y[i];
    }
    return (a + b) + (c + d);
  }
}
