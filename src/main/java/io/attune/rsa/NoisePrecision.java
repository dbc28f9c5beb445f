package io.attune.rsa;

import io.attune.InputException;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * The precision (inverse covariance) of noise over channels, from residuals. The covariance is
 * shrunk toward its diagonal as far as it is uncertain (Schaefer and Strimmer, "A shrinkage
 * approach to large-scale covariance matrix estimation", 2005): correlations are multiplied by 1 -
 * lambda, lambda = sum of their estimated variances over the sum of their squares, off the
 * diagonal, on 0..1. rsatoolbox calls it "shrinkage_diag". Cost O(observations channels^2).
 *
 * @param covariance [channels, channels], shrunk
 * @param precision its inverse
 * @param lambda how far it was shrunk; 1 leaves the diagonal only
 */
public record NoisePrecision(double[][] covariance, double[][] precision, double lambda) {
  /**
   * Estimates.
   *
   * @param residuals [observations, channels], at least 3; each channel's mean is taken off; not
   *     modified
   * @throws InputException if there are too few, or a channel does not vary
   */
  public static NoisePrecision ofResiduals(double[][] residuals) {
    int n = residuals.length;
    if (n < 3) {
      throw new InputException("noise: expected at least 3 residuals, found " + n);
    }
    int channels = residuals[0].length;
    double[][] standard = new double[channels][n];
    double[] deviation = new double[channels];
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < n; k++) {
        standard[c][k] = residuals[k][c];
      }
      standard[c] = Comparison.centred(standard[c]);
      double squares = 0;
      for (double value : standard[c]) {
        squares += value * value;
      }
      deviation[c] = Math.sqrt(squares / (n - 1));
      if (!(deviation[c] > 0)) {
        throw new InputException(
            "noise: channel %d does not vary or is not finite; leave it out".formatted(c));
      }
      for (int k = 0; k < n; k++) {
        standard[c][k] /= deviation[c];
      }
    }
    double[][] correlation = new double[channels][channels];
    double variance = 0;
    double square = 0;
    for (int a = 0; a < channels; a++) {
      correlation[a][a] = 1;
      for (int b = 0; b < a; b++) {
        double mean = 0;
        for (int k = 0; k < n; k++) {
          mean += standard[a][k] * standard[b][k] / n;
        }
        double spread = 0;
        for (int k = 0; k < n; k++) {
          double step = standard[a][k] * standard[b][k] - mean;
          spread += step * step;
        }
        variance += n / Math.pow(n - 1.0, 3) * spread;
        correlation[a][b] = mean * n / (n - 1);
        correlation[b][a] = correlation[a][b];
        square += correlation[a][b] * correlation[a][b];
      }
    }
    double lambda = square == 0 ? 1 : Math.clamp(variance / square, 0, 1);
    return shrunk(correlation, deviation, lambda);
  }

  private static NoisePrecision shrunk(double[][] correlation, double[] deviation, double lambda) {
    int channels = deviation.length;
    DMatrixRMaj covariance = new DMatrixRMaj(channels, channels);
    for (int a = 0; a < channels; a++) {
      for (int b = 0; b < channels; b++) {
        double kept = a == b ? 1 : (1 - lambda) * correlation[a][b];
        covariance.set(a, b, kept * deviation[a] * deviation[b]);
      }
    }
    DMatrixRMaj precision = new DMatrixRMaj(channels, channels);
    if (!CommonOps_DDRM.invert(covariance, precision)) {
      throw new InputException("noise: the covariance of the channels is singular");
    }
    return new NoisePrecision(rows(covariance), rows(precision), lambda);
  }

  private static double[][] rows(DMatrixRMaj matrix) {
    double[][] rows = new double[matrix.numRows][matrix.numCols];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows.length; j++) {
        rows[i][j] = matrix.get(i, j);
      }
    }
    return rows;
  }
}
