package io.attune.rsa;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Whitening of an RDM's entries by their covariance V under noise that is independent between
 * conditions (rsatoolbox's V for a diagonal sigma_k; Diedrichsen, Berlot, Mur, Schuett, Shahbazi
 * and Kriegeskorte, "Comparing representational geometries using whitened unbiased-distance-matrix
 * similarity", 2021). With C the contrasts of all pairs and s the variances of the conditions, V is
 * C diag(s) C^T with every entry squared: (s_i + s_j)^2 on the diagonal, s_i^2 for two pairs that
 * share condition i, 0 else; 4, 1 and 0 where all variances are 1.
 *
 * <p>So V = D + B S^2 B^T with D the diagonal of 2 s_i s_j and B [pairs, n] the incidence of
 * conditions, and V itself is never formed: V^-1 x = D^-1 (x - B w) with w = M^-1 B^T D^-1 x and M
 * = S^-2 + B^T D^-1 B, n x n. With every pair present M = (tau T + t t^T) / 2, where t_i = 1 / s_i,
 * T is their diagonal matrix and tau their sum, and all is O(pairs); with pairs missing M is
 * factored once, O(n^3 / 3) time and O(n^2) memory, then O(pairs + n^2) an RDM.
 *
 * <p>From z = V^-1 x follows x^T V^-1 y = z_x . D z_y + (S B^T z_x) . (S B^T z_y): the
 * concatenation (sqrt(D) z, S B^T z) is a vector whose plain dot products are those of the whitened
 * entries.
 */
final class Whitening {
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
      double variance = pairs.variance(i);
      m.set(i, i, 1 / (variance * variance));
    }
    for (int p = 0; p < pairs.count(); p++) {
      int i = pairs.first(p);
      int j = pairs.second(p);
      double weight = 1 / diagonal(pairs, p);
      m.add(i, i, weight);
      m.add(j, j, weight);
      m.add(i, j, weight);
      m.add(j, i, weight);
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.chol(n);
    if (!solver.setA(m)) {
      throw new IllegalStateException(
          "S^-2 + B^T D^-1 B is positive definite, but was not factored");
    }
    return new Whitening(pairs, solver);
  }

  /** D at a pair. */
  private static double diagonal(Pairs pairs, int p) {
    return 2 * pairs.variance(pairs.first(p)) * pairs.variance(pairs.second(p));
  }

  /**
   * A vector whose dot product with another's is x^T V^-1 y.
   *
   * @param x one value a pair; not modified
   * @return pairs + conditions values
   */
  double[] whiten(double[] x) {
    int count = pairs.count();
    double[] z = new double[count];
    for (int p = 0; p < count; p++) {
      z[p] = x[p] / diagonal(pairs, p);
    }
    double[] weights = solve(sums(z));
    for (int p = 0; p < count; p++) {
      z[p] -= (weights[pairs.first(p)] + weights[pairs.second(p)]) / diagonal(pairs, p);
    }
    double[] whitened = new double[count + pairs.conditions()];
    double[] sums = sums(z);
    for (int i = 0; i < sums.length; i++) {
      whitened[count + i] = pairs.variance(i) * sums[i];
    }
    for (int p = 0; p < count; p++) {
      whitened[p] = Math.sqrt(diagonal(pairs, p)) * z[p];
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

  /** M^-1 y. */
  private double[] solve(double[] y) {
    int n = y.length;
    if (solver == null) {
      double inverses = 0;
      double total = 0;
      for (int i = 0; i < n; i++) {
        inverses += 1 / pairs.variance(i);
        total += y[i];
      }
      for (int i = 0; i < n; i++) {
        y[i] = (2 * pairs.variance(i) * y[i] - total / inverses) / inverses;
      }
      return y;
    }
    DMatrixRMaj solution = new DMatrixRMaj(n, 1);
    synchronized (solver) {
      solver.solve(DMatrixRMaj.wrap(n, 1, y), solution);
    }
    return solution.getData();
  }
}
