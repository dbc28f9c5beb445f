package io.attune.rsa;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Whitening of an RDM's entries by their covariance V under independent noise of equal size
 * (rsatoolbox's V for sigma_k = I; Diedrichsen, Berlot, Mur, Schuett, Shahbazi and Kriegeskorte,
 * "Comparing representational geometries using whitened unbiased-distance-matrix similarity",
 * 2021): an entry is 4 on the diagonal, 1 for two pairs that share a condition, 0 else.
 *
 * <p>So V = 2 I + B B^T with B [pairs, n] the incidence of conditions, and V itself is never
 * formed: V^-1 x = (x - B M^-1 B^T x) / 2 with M = 2 I + B^T B, n x n. With every pair present M =
 * n I + 1 1^T and all is O(pairs); with pairs missing M is factored once, O(n^3 / 3) time and
 * O(n^2) memory, then O(pairs + n^2) an RDM.
 *
 * <p>From z = V^-1 x follows x^T V^-1 y = 2 z_x . z_y + (B^T z_x) . (B^T z_y): the concatenation
 * (sqrt(2) z, B^T z) is a vector whose plain dot products are those of the whitened entries.
 */
final class Whitening {
  private static final double ROOT_2 = Math.sqrt(2);

  private final Pairs pairs;
  private final LinearSolverDense<DMatrixRMaj> solver;

  private Whitening(Pairs pairs, LinearSolverDense<DMatrixRMaj> solver) {
    this.pairs = pairs;
    this.solver = solver;
  }

  /** For all pairs of the conditions. */
  static Whitening complete(Pairs pairs) {
    return new Whitening(pairs, null);
  }

  /** For any pairs. */
  static Whitening incomplete(Pairs pairs) {
    int n = pairs.conditions();
    DMatrixRMaj m = new DMatrixRMaj(n, n);
    for (int i = 0; i < n; i++) {
      m.set(i, i, 2);
    }
    for (int p = 0; p < pairs.count(); p++) {
      int i = pairs.first(p);
      int j = pairs.second(p);
      m.add(i, i, 1);
      m.add(j, j, 1);
      m.add(i, j, 1);
      m.add(j, i, 1);
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.chol(n);
    if (!solver.setA(m)) {
      throw new IllegalStateException("2 I + B^T B is positive definite, but was not factored");
    }
    return new Whitening(pairs, solver);
  }

  /**
   * A vector whose dot product with another's is x^T V^-1 y.
   *
   * @param x one value a pair; not modified
   * @return pairs + conditions values
   */
  double[] whiten(double[] x) {
    int count = pairs.count();
    double[] weights = solve(sums(x));
    double[] z = new double[count];
    for (int p = 0; p < count; p++) {
      z[p] = (x[p] - weights[pairs.first(p)] - weights[pairs.second(p)]) / 2;
    }
    double[] whitened = new double[count + pairs.conditions()];
    System.arraycopy(sums(z), 0, whitened, count, pairs.conditions());
    for (int p = 0; p < count; p++) {
      whitened[p] = ROOT_2 * z[p];
    }
    return whitened;
  }

  /** B^T x: for each condition the sum over its pairs. */
  private double[] sums(double[] x) {
    double[] sums = new double[pairs.conditions()];
    for (int p = 0; p < x.length; p++) {
      sums[pairs.first(p)] += x[p];
      sums[pairs.second(p)] += x[p];
    }
    return sums;
  }

  private double[] solve(double[] sums) {
    int n = sums.length;
    if (solver == null) {
      double total = 0;
      for (double sum : sums) {
        total += sum;
      }
      for (int i = 0; i < n; i++) {
        sums[i] = (sums[i] - total / (2.0 * n)) / n;
      }
      return sums;
    }
    DMatrixRMaj solution = new DMatrixRMaj(n, 1);
    synchronized (solver) {
      solver.solve(DMatrixRMaj.wrap(n, 1, sums), solution);
    }
    return solution.getData();
  }
}
