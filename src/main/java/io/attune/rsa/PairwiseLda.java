package io.attune.rsa;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Decoding of two conditions by linear discriminant analysis, leaving one session out at a time.
 *
 * <p>From the n training trials of a fold come the class means a and b and the residuals R [n, p]
 * around them; the covariance R^T R / n, shrunk to C as {@link Shrinkage} says, gives f(x) = (a -
 * b)^T C^-1 (x - (a + b)/2), and a test trial counts as of the first class where f is above 0. A
 * fold's test trials are all those of the session left out, so that each trial is tested once. The
 * accuracy is the mean of both classes' fractions of right trials; f = 0 counts as half.
 *
 * <p>A pair has far fewer trials than channels, so C is never made: by Woodbury's identity f needs
 * only dot products of trials and a system of n equations, O(n^3) instead of O(p^3). An instance
 * holds scratch and serves one thread.
 */
public final class PairwiseLda {
  private final Shrinkage shrinkage;
  private final int channels;
  private final int most;
  private final int[] train;
  private final int[] sizes = new int[2];

  /** [2][most]: dot products of each trial with both class means. */
  private final double[][] toMean;

  private final double[] difference;
  private final double[] middle;
  private final DMatrixRMaj gram;
  private final DMatrixRMaj right;
  private final DMatrixRMaj solution;
  private final LinearSolverDense<DMatrixRMaj> solver;

  /**
   * Scratch for pairs.
   *
   * @param channels p
   * @param most trials of a pair, both conditions together
   */
  public PairwiseLda(Shrinkage shrinkage, int channels, int most) {
    this.shrinkage = shrinkage;
    this.channels = channels;
    this.most = most;
    train = new int[most];
    toMean = new double[2][most];
    difference = new double[most];
    middle = new double[most];
    gram = new DMatrixRMaj(most, most);
    right = new DMatrixRMaj(most, 1);
    solution = new DMatrixRMaj(most, 1);
    solver = LinearSolverFactory_DDRM.chol(most);
  }

  /**
   * Decodes a pair.
   *
   * @param dots [n, n] row-major, dot products of the trials with each other, the first condition's
   *     first; any common point of origin will do; not modified
   * @param first how many trials the first condition has
   * @param sessions [n], the session of each trial; either condition must be in two or more
   * @return fraction of right trials, 0..1
   */
  public double accuracy(double[] dots, int first, int[] sessions) {
    int n = sessions.length;
    if (n > most || first < 2 || n - first < 2) {
      throw new IllegalArgumentException("%d trials, %d of the first".formatted(n, first));
    }
    double[] rights = new double[2];
    for (int trial = 0; trial < n; trial++) {
      if (isFirstOf(sessions, trial)) {
        fold(dots, first, sessions, sessions[trial], rights);
      }
    }
    return (rights[0] / first + rights[1] / (n - first)) / 2;
  }

  private static boolean isFirstOf(int[] sessions, int trial) {
    for (int i = 0; i < trial; i++) {
      if (sessions[i] == sessions[trial]) {
        return false;
      }
    }
    return true;
  }

  /** Trains on all sessions but one and adds how many trials of that one are right. */
  private void fold(double[] dots, int first, int[] sessions, int left, double[] rights) {
    int all = sessions.length;
    int n = 0;
    sizes[0] = 0;
    for (int trial = 0; trial < all; trial++) {
      if (sessions[trial] != left) {
        train[n++] = trial;
        sizes[0] += trial < first ? 1 : 0;
      }
    }
    sizes[1] = n - sizes[0];
    if (sizes[0] == 0 || sizes[1] == 0) {
      throw new IllegalArgumentException("a condition is in session " + left + " only");
    }
    project(dots, all);
    double aa = mean(toMean[0], 0);
    double ab = mean(toMean[1], 0);
    double bb = mean(toMean[1], 1);
    double ridge = residuals(dots, all, n, aa, ab, bb);
    prepare(n, aa, ab, bb);
    double offset = (aa - bb) / 2;
    boolean isPlain = Double.isInfinite(ridge);
    if (!isPlain) {
      solve(n, ridge);
      for (int u = 0; u < n; u++) {
        offset -= solution.data[u] * middle[u];
      }
    }
    for (int trial = 0; trial < all; trial++) {
      if (sessions[trial] == left) {
        double f = toMean[0][trial] - toMean[1][trial] - offset;
        if (!isPlain) {
          f -= projected(dots, all, n, trial);
        }
        rights[trial < first ? 0 : 1] += f == 0 ? 0.5 : f > 0 == trial < first ? 1 : 0;
      }
    }
  }

  /** Dot products of all trials with the means of the training trials. */
  private void project(double[] dots, int all) {
    for (int trial = 0; trial < all; trial++) {
      int row = trial * all;
      double sum = 0;
      for (int u = 0; u < sizes[0]; u++) {
        sum += dots[row + train[u]];
      }
      toMean[0][trial] = sum / sizes[0];
      sum = 0;
      for (int u = sizes[0]; u < sizes[0] + sizes[1]; u++) {
        sum += dots[row + train[u]];
      }
      toMean[1][trial] = sum / sizes[1];
    }
  }

  /** Mean over a class's training trials of what is known of each trial. */
  private double mean(double[] values, int label) {
    int from = label == 0 ? 0 : sizes[0];
    double sum = 0;
    for (int u = from; u < from + sizes[label]; u++) {
      sum += values[train[u]];
    }
    return sum / sizes[label];
  }

  /** Fills R R^T; gives what its diagonal needs for shrinkage, infinite where C is I. */
  private double residuals(double[] dots, int all, int n, double aa, double ab, double bb) {
    gram.reshape(n, n);
    double trace = 0;
    double fourth = 0;
    double squares = 0;
    for (int u = 0; u < n; u++) {
      double[] own = toMean[label(u)];
      int row = train[u] * all;
      for (int v = 0; v <= u; v++) {
        double means = label(u) == 1 ? (label(v) == 1 ? bb : ab) : aa;
        double[] other = toMean[label(v)];
        double value = dots[row + train[v]] - own[train[v]] - other[train[u]] + means;
        gram.data[u * n + v] = value;
        gram.data[v * n + u] = value;
        squares += (u == v ? 1 : 2) * value * value;
      }
      double length = Math.max(gram.data[u * n + u], 0);
      trace += length;
      fourth += length * length;
    }
    double lambda = shrinkage.lambda(n, channels, trace, fourth, squares);
    return lambda == 1 || trace == 0
        ? Double.POSITIVE_INFINITY
        : lambda / (1 - lambda) * trace / channels;
  }

  private int label(int u) {
    return u < sizes[0] ? 0 : 1;
  }

  /** R (a - b) and R (a + b)/2. */
  private void prepare(int n, double aa, double ab, double bb) {
    for (int u = 0; u < n; u++) {
      double toA = toMean[0][train[u]] - (label(u) == 0 ? aa : ab);
      double toB = toMean[1][train[u]] - (label(u) == 0 ? ab : bb);
      difference[u] = toA - toB;
      middle[u] = (toA + toB) / 2;
    }
  }

  /** (R R^T + ridge I) z = R (a - b). */
  private void solve(int n, double ridge) {
    right.reshape(n, 1);
    solution.reshape(n, 1);
    for (int u = 0; u < n; u++) {
      gram.data[u * n + u] += ridge;
      right.data[u] = difference[u];
    }
    if (!solver.setA(gram)) {
      throw new IllegalStateException("a shrunk covariance is not positive; values overflow");
    }
    solver.solve(right, solution);
  }

  /** z^T R x. */
  private double projected(double[] dots, int all, int n, int trial) {
    double sum = 0;
    for (int u = 0; u < n; u++) {
      sum += solution.data[u] * (dots[trial * all + train[u]] - toMean[label(u)][trial]);
    }
    return sum;
  }
}
