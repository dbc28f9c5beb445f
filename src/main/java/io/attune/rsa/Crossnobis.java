package io.attune.rsa;

import io.attune.InputException;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;

/**
 * The cross-validated squared Mahalanobis distance: for each two folds a and b, (x_i - x_j)_a^T P
 * (x_i - x_j)_b, averaged over ordered pairs of different folds and divided by the number of
 * channels, as in rsatoolbox. No root is taken: the expectation is 0 for equal patterns, so values
 * below 0 are right and stay.
 *
 * <p>With S the sum over folds, the pairs sum to K = sum over folds of (S - X_f) P X_f^T: cost
 * O(folds n channels (n + channels)).
 */
public final class Crossnobis {
  private Crossnobis() {}

  /**
   * From mean patterns of each fold.
   *
   * @param names of the n conditions
   * @param folds [folds, n, channels], at least two folds; not modified
   * @param precision [channels, channels] of the noise, symmetric with no eigenvalue below 0 beyond
   *     the rounding of f32, see {@link NoisePrecision}; null for the identity
   * @throws InputException if extents do not fit, a value is not finite, or the precision is none
   */
  public static Rdm of(List<String> names, double[][][] folds, double[][] precision) {
    if (folds.length < 2) {
      throw new InputException("crossnobis: expected at least 2 folds, found " + folds.length);
    }
    int n = names.size();
    int channels = n == 0 || folds[0].length == 0 ? 0 : folds[0][0].length;
    DMatrixRMaj[] x = new DMatrixRMaj[folds.length];
    for (int f = 0; f < folds.length; f++) {
      x[f] = matrix("crossnobis: fold " + f, folds[f], n, channels);
    }
    DMatrixRMaj noise =
        precision == null
            ? CommonOps_DDRM.identity(channels)
            : precision(matrix("crossnobis: noise precision", precision, channels, channels));
    return Rdm.ofCondensed(names, condensed(x, noise));
  }

  private static DMatrixRMaj precision(DMatrixRMaj given) {
    double rounding = 1e-6 * CommonOps_DDRM.elementMaxAbs(given);
    for (int i = 0; i < given.numRows; i++) {
      for (int j = 0; j < i; j++) {
        if (Math.abs(given.get(i, j) - given.get(j, i)) > rounding) {
          throw new InputException(
              "crossnobis: noise precision is not symmetric: [%d, %d] is %s, [%d, %d] is %s"
                  .formatted(i, j, given.get(i, j), j, i, given.get(j, i)));
        }
      }
    }
    var values = DecompositionFactory_DDRM.eig(given.numRows, false, true);
    if (!values.decompose(given.copy())) {
      throw new InputException("crossnobis: eigenvalues of the noise precision do not converge");
    }
    for (int i = 0; i < given.numRows; i++) {
      double value = values.getEigenvalue(i).getReal();
      if (value < -rounding * given.numRows) {
        throw new InputException(
            "crossnobis: noise precision has the eigenvalue %.3g; an inverse of a covariance has none below 0"
                .formatted(value));
      }
    }
    return given;
  }

  /**
   * The upper triangle, row by row, on all cores; the bits do not depend on how many.
   *
   * @param folds each [n, channels], two or more; not modified
   * @param precision [channels, channels], symmetric; not modified
   */
  static double[] condensed(DMatrixRMaj[] folds, DMatrixRMaj precision) {
    int n = folds[0].numRows;
    int channels = folds[0].numCols;
    DMatrixRMaj sum = new DMatrixRMaj(n, channels);
    for (DMatrixRMaj fold : folds) {
      CommonOps_DDRM.addEquals(sum, fold);
    }
    DMatrixRMaj kernel = new DMatrixRMaj(n, n);
    DMatrixRMaj others = new DMatrixRMaj(n, channels);
    for (DMatrixRMaj fold : folds) {
      CommonOps_DDRM.subtract(sum, fold, others);
      DMatrixRMaj weighted = ParallelProduct.of(others, precision);
      CommonOps_DDRM.addEquals(kernel, ParallelProduct.ofTransposed(weighted, fold));
    }
    double scale = 1.0 / ((double) folds.length * (folds.length - 1) * channels);
    double[] condensed = new double[Rdm.pairs(n)];
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        double d = kernel.get(i, i) + kernel.get(j, j) - kernel.get(i, j) - kernel.get(j, i);
        condensed[Rdm.place(i, j, n)] = d * scale;
      }
    }
    return condensed;
  }

  private static DMatrixRMaj matrix(String what, double[][] rows, int height, int width) {
    if (rows.length != height) {
      throw new InputException(
          "%s: expected %d rows, found %d".formatted(what, height, rows.length));
    }
    DMatrixRMaj matrix = new DMatrixRMaj(height, width);
    for (int i = 0; i < height; i++) {
      if (rows[i].length != width) {
        throw new InputException(
            "%s, row %d: expected %d values, found %d".formatted(what, i, width, rows[i].length));
      }
      for (int c = 0; c < width; c++) {
        if (!Double.isFinite(rows[i][c])) {
          throw new InputException("%s, row %d: value %d is %s".formatted(what, i, c, rows[i][c]));
        }
        matrix.set(i, c, rows[i][c]);
      }
    }
    return matrix;
  }
}
