package io.attune.rsa;

import io.attune.InputException;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.CovarianceOps_DDRM;

/** {@link Crossnobis} of trials: sessions are folds, and the noise is that of the trials. */
final class TrialCrossnobis {
  private final Trials trials;
  private final int channels;
  private final double[] data;
  private final double[][] means;

  /**
   * Trials at one time.
   *
   * @param data [trials, channels], centred
   * @param means [conditions, channels]
   */
  TrialCrossnobis(Trials trials, int channels, double[] data, double[][] means) {
    this.trials = trials;
    this.channels = channels;
    this.data = data;
    this.means = means;
  }

  /** The upper triangle, row by row. */
  double[] condensed(Shrinkage shrinkage) {
    DMatrixRMaj[] folds = new DMatrixRMaj[trials.sessionCount()];
    for (int f = 0; f < folds.length; f++) {
      folds[f] = sessionMeans(f);
    }
    return Crossnobis.condensed(folds, precision(shrinkage));
  }

  /** The inverse of the noise covariance. */
  private DMatrixRMaj precision(Shrinkage shrinkage) {
    int count = trials.count();
    int freedom = count - trials.conditions();
    if (freedom < 2) {
      throw new InputException(
          "crossnobis: %d trials of %d conditions tell nothing of the noise; several trials a condition are needed"
              .formatted(count, trials.conditions()));
    }
    DMatrixRMaj residuals = new DMatrixRMaj(count, channels);
    double fourth = 0;
    for (int c = 0; c < means.length; c++) {
      for (int t = trials.starts()[c]; t < trials.starts()[c + 1]; t++) {
        double length = 0;
        for (int k = 0; k < channels; k++) {
          double value = data[t * channels + k] - means[c][k];
          residuals.data[t * channels + k] = value;
          length += value * value;
        }
        fourth += length * length;
      }
    }
    DMatrixRMaj scatter = ParallelProduct.of(CommonOps_DDRM.transpose(residuals, null), residuals);
    double trace = CommonOps_DDRM.trace(scatter);
    double squares = 0;
    for (double value : scatter.data) {
      squares += value * value;
    }
    if (!(trace > 0)) {
      throw new InputException("crossnobis: the trials of each condition are all the same");
    }
    double lambda = shrinkage.lambda(count, channels, trace, fourth, squares);
    CommonOps_DDRM.scale((1 - lambda) / freedom, scatter);
    for (int k = 0; k < channels; k++) {
      scatter.data[k * channels + k] += lambda * trace / channels / freedom;
    }
    DMatrixRMaj inverse = new DMatrixRMaj(channels, channels);
    if (!CovarianceOps_DDRM.invert(scatter, inverse)) {
      throw new InputException("crossnobis: the noise covariance has no inverse");
    }
    return inverse;
  }

  private DMatrixRMaj sessionMeans(int session) {
    DMatrixRMaj means = new DMatrixRMaj(trials.conditions(), channels);
    for (int c = 0; c < trials.conditions(); c++) {
      int count = 0;
      for (int t = trials.starts()[c]; t < trials.starts()[c + 1]; t++) {
        if (trials.sessions()[t] == session) {
          count++;
          for (int k = 0; k < channels; k++) {
            means.data[c * channels + k] += data[t * channels + k];
          }
        }
      }
      for (int k = 0; k < channels; k++) {
        means.data[c * channels + k] /= count;
      }
    }
    return means;
  }
}
