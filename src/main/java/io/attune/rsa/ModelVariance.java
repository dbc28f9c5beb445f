package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * How much of an RDM several model RDMs explain together and each on its own, by linear regression
 * of the entries (PEARSON) or of their average ranks (SPEARMAN), with an intercept.
 *
 * @param models their labels
 * @param explained R^2 of all models together
 * @param partial each model's correlation with the data, all other models held constant in both
 * @param unique R^2 lost when the model alone is left out; not below 0
 * @param weights standardised regression weights of all models together
 */
public record ModelVariance(
    List<String> models, double explained, double[] partial, double[] unique, double[] weights) {
  /** Below this share of its variance left by the others a model is a mixture of them. */
  private static final double INDEPENDENT = 1e-10;

  /**
   * Of one data RDM, matched with the models by condition name.
   *
   * @param models without time
   * @param nan what becomes of pairs with a NaN anywhere
   * @throws InputException if conditions differ, a model does not vary, or is a linear mixture of
   *     the others
   */
  public static ModelVariance of(Rdms models, Rdm data, Comparison comparison, NanPolicy nan) {
    if (comparison != Comparison.SPEARMAN && comparison != Comparison.PEARSON) {
      throw new InputException(
          "variance partitioning: expected method spearman or pearson, found "
              + comparison.label());
    }
    if (models.hasTimes()) {
      throw new InputException("variance partitioning: expected models without times");
    }
    Rdms settled = models.alignedTo(data.names()).with(nan);
    double[][] rows = rows(settled, Rdms.of("data", data).with(nan).at(0, 0));
    int count = models.labels().size();
    double[][] units = new double[count + 1][];
    for (int m = 0; m <= count; m++) {
      units[m] = unit(rows[m], comparison);
      if (units[m] == null) {
        throw new InputException(
            "RDM of %s does not vary: nothing to explain with or in it"
                .formatted(m < count ? models.labels().get(m) : "the data"));
      }
    }
    return of(models.labels(), units);
  }

  /** Models, then data, over the pairs that all have. */
  private static double[][] rows(Rdms models, double[] data) {
    int count = models.labels().size();
    double[][] rows = new double[count + 1][data.length];
    int kept = 0;
    for (int p = 0; p < data.length; p++) {
      boolean missing = Double.isNaN(data[p]);
      rows[count][kept] = data[p];
      for (int m = 0; m < count; m++) {
        rows[m][kept] = models.at(m, 0)[p];
        missing |= Double.isNaN(rows[m][kept]);
      }
      kept += missing ? 0 : 1;
    }
    for (int m = 0; m <= count; m++) {
      rows[m] = Arrays.copyOf(rows[m], kept);
    }
    return rows;
  }

  private static double[] unit(double[] row, Comparison comparison) {
    double[] ready = comparison.ready(row, null);
    double squares = 0;
    for (double value : ready) {
      squares += value * value;
    }
    if (!(squares > 0)) {
      return null;
    }
    double scale = 1 / Math.sqrt(squares);
    for (int p = 0; p < ready.length; p++) {
      ready[p] *= scale;
    }
    return ready;
  }

  private static ModelVariance of(List<String> labels, double[][] units) {
    int count = labels.size();
    DMatrixRMaj among = new DMatrixRMaj(count, count);
    DMatrixRMaj with = new DMatrixRMaj(count, 1);
    for (int a = 0; a < count; a++) {
      for (int b = 0; b < count; b++) {
        among.set(a, b, a == b ? 1 : dot(units[a], units[b]));
      }
      with.set(a, 0, dot(units[a], units[count]));
    }
    DMatrixRMaj inverse = new DMatrixRMaj(count, count);
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.chol(count);
    boolean definite = solver.setA(among.copy());
    if (definite) {
      solver.invert(inverse);
    }
    DMatrixRMaj weights = new DMatrixRMaj(count, 1);
    CommonOps_DDRM.mult(inverse, with, weights);
    double explained = Math.clamp(CommonOps_DDRM.dot(weights, with), 0, 1);
    double[] partial = new double[count];
    double[] unique = new double[count];
    for (int m = 0; m < count; m++) {
      // 1 / inverse[m][m] is the share of model m that the other models leave.
      if (!definite || !(1 / inverse.get(m, m) > INDEPENDENT)) {
        throw new InputException(
            "models %s: one is a linear mixture of the others; leave it out"
                .formatted(Names.list(labels)));
      }
      double weight = weights.get(m, 0);
      unique[m] = weight * weight / inverse.get(m, m);
      double left = 1 - explained + unique[m];
      partial[m] =
          left <= 0
              ? Double.NaN
              : Math.clamp(Math.copySign(Math.sqrt(unique[m] / left), weight), -1, 1);
    }
    return new ModelVariance(labels, explained, partial, unique, weights.getData());
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }
}
