package io.attune.rsa;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;

/**
 * Inner products of conditions across sessions in channels whose noise is white. With X_f the
 * patterns of session f and S their sum, the pairs of different sessions add up to S S^T - sum over
 * f of X_f X_f^T.
 */
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

  /** The mean over pairs of sessions over the number of channels, [conditions, conditions]. */
  DMatrixRMaj kernel(Shrinkage shrinkage) {
    int n = trials.conditions();
    int folds = trials.sessionCount();
    DMatrixRMaj sum = new DMatrixRMaj(n, channels);
    List<DMatrixRMaj> patterns = new ArrayList<>();
    DMatrixRMaj inverse = whitening(shrinkage);
    for (int f = 0; f < folds; f++) {
      DMatrixRMaj white = ParallelProduct.of(sessionMeans(f), inverse);
      patterns.add(white);
      CommonOps_DDRM.addEquals(sum, white);
    }
    DMatrixRMaj kernel = ParallelProduct.ofTransposed(sum, sum);
    for (DMatrixRMaj pattern : patterns) {
      CommonOps_DDRM.subtractEquals(kernel, ParallelProduct.ofTransposed(pattern, pattern));
    }
    double scale = 1 / ((double) folds * (folds - 1) * channels);
    CommonOps_DDRM.scale(scale, kernel);
    return kernel;
  }

  /** W with W W^T = C^-1. */
  private DMatrixRMaj whitening(Shrinkage shrinkage) {
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
    var cholesky = DecompositionFactory_DDRM.chol(channels, true);
    if (!cholesky.decompose(scatter)) {
      throw new InputException("crossnobis: the noise covariance has no inverse");
    }
    DMatrixRMaj white = new DMatrixRMaj(channels, channels);
    CommonOps_DDRM.invert(cholesky.getT(null), white);
    CommonOps_DDRM.transpose(white);
    return white;
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
