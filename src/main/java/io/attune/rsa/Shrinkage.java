package io.attune.rsa;

import io.attune.InputException;

/**
 * How far a covariance S of p channels is drawn toward its mean variance: (1 - lambda) S + lambda
 * tr(S)/p I. Either a fixed lambda, or Ledoit and Wolf's ("A well-conditioned estimator for
 * large-dimensional covariance matrices", 2004), which minimises the expected squared error.
 */
public final class Shrinkage {
  /** Ledoit and Wolf's lambda, for each covariance its own. */
  public static final Shrinkage AUTO = new Shrinkage(Double.NaN);

  /** Below this a covariance of more channels than observations has no usable inverse. */
  private static final double LEAST = 1e-6;

  private final double fixed;

  private Shrinkage(double fixed) {
    this.fixed = fixed;
  }

  /**
   * Always the same lambda.
   *
   * @throws InputException unless it is on 1e-6..1
   */
  public static Shrinkage of(double lambda) {
    if (!(lambda >= LEAST && lambda <= 1)) {
      throw new InputException(
          "shrinkage: expected auto or a number from %s to 1, found %s".formatted(LEAST, lambda));
    }
    return new Shrinkage(lambda);
  }

  /**
   * The lambda for residuals x_k around known means.
   *
   * @param observations n, how many residuals
   * @param channels p
   * @param trace sum of |x_k|^2, which is n tr(S)
   * @param fourth sum of |x_k|^4
   * @param squares sum of (x_k . x_l)^2 over all k, l, which is n^2 |S|^2
   */
  public double lambda(
      int observations, int channels, double trace, double fourth, double squares) {
    if (!Double.isNaN(fixed)) {
      return fixed;
    }
    double n = observations;
    double mean = trace / n / channels;
    double norm = squares / (n * n);
    double distance = norm - channels * mean * mean;
    double error = (fourth / n - norm) / n;
    if (!(distance > 0)) {
      return 1; // a multiple of the identity already
    }
    return Math.clamp(error / distance, LEAST, 1);
  }

  @Override
  public String toString() {
    return Double.isNaN(fixed) ? "auto" : Double.toString(fixed);
  }
}
