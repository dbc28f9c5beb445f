package io.attune.rsa;

/** How two feature rows differ; CORRELATION and COSINE are on 0..2. */
public enum Dissimilarity {
  /** 1 - Pearson's r over the features. */
  CORRELATION,
  /** 1 - cosine of the angle between the rows. */
  COSINE,
  /**
   * The Euclidean distance, with its root (rsatoolbox's "euclidean" is this squared and divided by
   * the number of features).
   */
  EUCLIDEAN;

  /**
   * Makes a row ready for {@link #between}: CORRELATION and COSINE turn it into the unit vector
   * whose dot products are 1 - dissimilarity, and a row without direction (constant under
   * CORRELATION, zero under COSINE) becomes NaN.
   *
   * @param row modified
   */
  void normalize(double[] row) {
    if (this == EUCLIDEAN) {
      return;
    }
    if (this == CORRELATION) {
      centre(row);
    }
    double largest = 0;
    for (double value : row) {
      largest = Math.max(largest, Math.abs(value));
    }
    // Scaled first: squares of very small or very large features would leave the range of doubles.
    double squares = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] /= largest;
      squares += row[k] * row[k];
    }
    double scale = 1 / Math.sqrt(squares);
    for (int k = 0; k < row.length; k++) {
      row[k] *= scale;
    }
  }

  /** The dissimilarity of two rows of one length that {@link #normalize} made ready. */
  double between(double[] a, double[] b) {
    double sum = 0;
    if (this == EUCLIDEAN) {
      for (int k = 0; k < a.length; k++) {
        double step = a[k] - b[k];
        sum += step * step;
      }
      return Math.sqrt(sum);
    }
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return 1 - sum;
  }

  private static void centre(double[] row) {
    boolean constant = true;
    double sum = 0;
    for (double value : row) {
      constant &= value == row[0];
      sum += value;
    }
    // Rounding of the mean would leave a constant row a meaningless direction.
    double mean = constant ? row[0] : sum / row.length;
    for (int k = 0; k < row.length; k++) {
      row[k] -= mean;
    }
  }
}
