package io.attune.data.meg;

import io.attune.InputException;

/**
 * The fixed courses over time that shape an MEG model's outputs.
 *
 * @param alpha richness, 0..1: how dissimilar the conditions are on the whole; 0 up to and
 *     including 0 ms
 * @param beta generalisation, 0..1: how alike a time's RDM is to those of all times; 0 up to and
 *     including 0 ms
 * @param nu noise level, 0 to the noise scale: where beta is low
 */
public record TimeCourses(double[] alpha, double[] beta, double[] nu) {
  /** Width of the smoothing of nu in samples; it reaches four widths to each side. */
  static final double SIGMA = 3;

  private static final int RADIUS = 12;

  /**
   * From what RDMs say at each time.
   *
   * @param richness [participants][times], mean of the whole RDM, its zero diagonal included; the
   *     mean over participants is scaled to 0..1
   * @param generalization [participants][times], mean over all times, its own included, of the
   *     correlation between upper triangles; each participant's is scaled to 0..1, then averaged
   * @throws InputException if a course is constant, so that it cannot be scaled
   */
  static TimeCourses of(
      double[][] richness, double[][] generalization, TimeAxis axis, double noiseScale) {
    int times = axis.count();
    double[] alpha = scaled(mean(richness, times), "alpha (richness)");
    double[][] each = new double[generalization.length][];
    for (int p = 0; p < each.length; p++) {
      each[p] = scaled(generalization[p], "beta (generalisation)");
    }
    double[] beta = mean(each, times);
    for (int t = 0; t < times && axis.ms(t) <= 0; t++) {
      alpha[t] = 0;
      beta[t] = 0;
    }
    double[] noise = new double[times];
    for (int t = 0; t < times; t++) {
      noise[t] = 1 - beta[t];
    }
    double[] nu = scaled(smoothed(noise), "nu (noise level)");
    for (int t = 0; t < times; t++) {
      nu[t] *= noiseScale;
    }
    return new TimeCourses(alpha, beta, nu);
  }

  /**
   * Gaussian smoothing; beyond the ends values are mirrored, the last one twice (d c b a | a b c d
   * | d c b a).
   */
  static double[] smoothed(double[] values) {
    double[] weights = new double[RADIUS + 1];
    double total = 0;
    for (int k = 0; k <= RADIUS; k++) {
      weights[k] = Math.exp(-0.5 * k * k / (SIGMA * SIGMA));
      total += k == 0 ? weights[k] : 2 * weights[k];
    }
    int length = values.length;
    double[] smoothed = new double[length];
    for (int t = 0; t < length; t++) {
      double sum = weights[0] * values[t];
      for (int k = 1; k <= RADIUS; k++) {
        sum += weights[k] * (values[mirrored(t - k, length)] + values[mirrored(t + k, length)]);
      }
      smoothed[t] = sum / total;
    }
    return smoothed;
  }

  private static int mirrored(int i, int length) {
    int place = Math.floorMod(i, 2 * length);
    return place < length ? place : 2 * length - 1 - place;
  }

  private static double[] mean(double[][] rows, int times) {
    double[] mean = new double[times];
    for (double[] row : rows) {
      for (int t = 0; t < times; t++) {
        mean[t] += row[t];
      }
    }
    for (int t = 0; t < times; t++) {
      mean[t] /= rows.length;
    }
    return mean;
  }

  private static double[] scaled(double[] values, String what) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    if (!(max > min)) {
      throw new InputException(
          "%s is %s at all %d times, so it cannot be scaled to 0..1; take times that differ, after 0 ms too"
              .formatted(what, min, values.length));
    }
    double[] scaled = new double[values.length];
    for (int t = 0; t < values.length; t++) {
      scaled[t] = (values[t] - min) / (max - min);
    }
    return scaled;
  }
}
