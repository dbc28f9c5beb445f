package io.attune.rsa;

import java.util.Arrays;

/**
 * A statistic's values over bootstrap samples.
 *
 * @param samples [samples][outputs]; NaN where a sample left it undefined
 */
public record Distribution(double[][] samples) {
  /** How many outputs, such as times. */
  public int outputs() {
    return samples[0].length;
  }

  /** The standard deviation (over count - 1) of each output: its bootstrap standard error. */
  public double[] standardErrors() {
    double[] errors = new double[outputs()];
    for (int k = 0; k < errors.length; k++) {
      double[] values = sorted(k);
      double mean = Arrays.stream(values).average().orElse(Double.NaN);
      double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
      errors[k] = values.length < 2 ? Double.NaN : Math.sqrt(squares / (values.length - 1));
    }
    return errors;
  }

  /**
   * A quantile of each output, interpolated linearly between order statistics.
   *
   * @param q on 0..1
   */
  public double[] quantiles(double q) {
    double[] quantiles = new double[outputs()];
    for (int k = 0; k < quantiles.length; k++) {
      double[] values = sorted(k);
      double place = q * (values.length - 1);
      int below = (int) Math.floor(place);
      quantiles[k] =
          values.length == 0
              ? Double.NaN
              : values[below]
                  + (place - below)
                      * (values[Math.min(below + 1, values.length - 1)] - values[below]);
    }
    return quantiles;
  }

  private double[] sorted(int output) {
    return Arrays.stream(samples)
        .mapToDouble(sample -> sample[output])
        .filter(v -> !Double.isNaN(v))
        .sorted()
        .toArray();
  }
}
