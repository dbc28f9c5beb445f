package io.attune.data;

/**
 * The global min-max scaling of behavioural targets to 0..100: one minimum and one maximum over all
 * concepts and dimensions.
 *
 * @param min smallest value of the embedding, which becomes 0
 * @param max largest value, which becomes 100
 */
public record TargetScale(double min, double max) {
  static TargetScale of(double[][] rows) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double[] row : rows) {
      for (double value : row) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    return new TargetScale(min, max);
  }

  /** 100 (value - min) / (max - min). */
  public double scale(double value) {
    return 100 * (value - min) / (max - min);
  }
}
