package io.attune.device.cpu;

import io.attune.device.op.LayerNormOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Layer normalisation; statistics in f64, in two passes over a row that lies in the cache. */
final class CpuLayerNorm implements LayerNormOps {
  private final CpuThreads threads;
  private final CpuColumnSums gammaSums;
  private final CpuColumnSums betaSums;
  private final Forward forward = new Forward();
  private final Backward backward = new Backward();

  CpuLayerNorm(CpuThreads threads) {
    this.threads = threads;
    this.gammaSums = new CpuColumnSums(threads);
    this.betaSums = new CpuColumnSums(threads);
  }

  @Override
  public void forward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    forward(x, null, gamma, beta, epsilon, null, y, mean, rstd);
  }

  @Override
  public void addForward(
      Tensor x,
      Tensor branch,
      Tensor gamma,
      Tensor beta,
      float epsilon,
      Tensor sum,
      Tensor y,
      Tensor mean,
      Tensor rstd) {
    Shapes.same(branch, x);
    Shapes.same(sum, x);
    forward(x, branch, gamma, beta, epsilon, sum, y, mean, rstd);
  }

  private void forward(
      Tensor x,
      Tensor branch,
      Tensor gamma,
      Tensor beta,
      float epsilon,
      Tensor sum,
      Tensor y,
      Tensor mean,
      Tensor rstd) {
    int width = x.columns();
    Shapes.same(y, x);
    Shapes.vector(gamma, width, "column", x);
    Shapes.vector(beta, width, "column", x);
    checkStatistics(mean, rstd, x);
    forward.x = x;
    forward.branch = branch;
    forward.gamma = gamma;
    forward.beta = beta;
    forward.epsilon = epsilon;
    forward.sum = sum == null ? x : sum;
    forward.y = y;
    forward.mean = mean;
    forward.rstd = rstd;
    forward.run(threads, x.rows(), width);
  }

  private static final class Forward extends RowTask {
    Tensor x;
    Tensor branch;
    Tensor gamma;
    Tensor beta;
    float epsilon;
    Tensor sum;
    Tensor y;
    Tensor mean;
    Tensor rstd;

    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      float[] ba = branch == null ? null : CpuBuffer.floats(branch);
      float[] sa = CpuBuffer.floats(sum);
      float[] ga = CpuBuffer.floats(gamma);
      float[] ea = CpuBuffer.floats(beta);
      float[] ya = CpuBuffer.floats(y);
      float[] ma = mean == null ? null : CpuBuffer.floats(mean);
      float[] ra = rstd == null ? null : CpuBuffer.floats(rstd);
      int gi = CpuBuffer.offset(gamma);
      int ei = CpuBuffer.offset(beta);
      int width = x.columns();
      for (int row = begin; row < end; row++) {
        int from = CpuBuffer.row(sum, row);
        if (ba != null) {
          int xi = CpuBuffer.row(x, row);
          CpuArithmetic.add(xa, xi, ba, CpuBuffer.row(branch, row), sa, from, width);
        }
        double mu = CpuRows.sum(sa, from, width) / width;
        double variance = CpuRows.squaredDeviation(sa, from, mu, width) / width;
        float m = (float) mu;
        float r = (float) (1 / Math.sqrt(variance + epsilon));
        normalise(sa, from, m, r, ga, gi, ea, ei, ya, CpuBuffer.row(y, row), width);
        if (ma != null) {
          ma[CpuBuffer.offset(mean) + row] = m;
        }
        if (ra != null) {
          ra[CpuBuffer.offset(rstd) + row] = r;
        }
      }
    }
  }

  @Override
  public void backward(
      Tensor dy,
      Tensor x,
      Tensor gamma,
      Tensor mean,
      Tensor rstd,
      Tensor dx,
      Tensor rounded,
      boolean accumulate,
      Tensor dgamma,
      Tensor dbeta) {
    if (rounded != null) {
      throw new IllegalArgumentException(rounded + " is not null, but the cpu has no BF16");
    }
    int rows = x.rows();
    int width = x.columns();
    Shapes.same(dy, x);
    Shapes.vector(gamma, width, "column", x);
    checkStatistics(mean, rstd, x);
    if (dx != null) {
      Shapes.same(dx, x);
    }
    if (dgamma != null) {
      Shapes.vector(dgamma, width, "column", x);
    }
    if (dbeta != null) {
      Shapes.vector(dbeta, width, "column", x);
    }
    int blocks = CpuColumnSums.blocks(rows);
    backward.dy = dy;
    backward.x = x;
    backward.gamma = gamma;
    backward.mean = mean;
    backward.rstd = rstd;
    backward.dx = dx;
    backward.accumulate = accumulate;
    backward.dga = dgamma == null ? null : gammaSums.partial(blocks, width);
    backward.dba = dbeta == null ? null : betaSums.partial(blocks, width);
    backward.runBlocks(threads, rows, CpuColumnSums.BLOCK);
    if (dgamma != null) {
      gammaSums.finish(blocks, dgamma, true);
    }
    if (dbeta != null) {
      betaSums.finish(blocks, dbeta, true);
    }
  }

  private static final class Backward extends RowTask {
    Tensor dy;
    Tensor x;
    Tensor gamma;
    Tensor mean;
    Tensor rstd;
    Tensor dx;
    boolean accumulate;

    /** A row of sums for each block, or null. */
    float[] dga;

    float[] dba;

    @Override
    void rows(int block, int begin, int end) {
      float[] dya = CpuBuffer.floats(dy);
      float[] xa = CpuBuffer.floats(x);
      float[] ga = CpuBuffer.floats(gamma);
      float[] ma = CpuBuffer.floats(mean);
      float[] ra = CpuBuffer.floats(rstd);
      float[] dxa = dx == null ? null : CpuBuffer.floats(dx);
      int gi = CpuBuffer.offset(gamma);
      int width = x.columns();
      int at = block * width;
      if (dga != null) {
        Arrays.fill(dga, at, at + width, 0);
      }
      if (dba != null) {
        Arrays.fill(dba, at, at + width, 0);
      }
      for (int row = begin; row < end; row++) {
        int dyi = CpuBuffer.row(dy, row);
        int xi = CpuBuffer.row(x, row);
        float m = ma[CpuBuffer.offset(mean) + row];
        float r = ra[CpuBuffer.offset(rstd) + row];
        if (dga != null) {
          addScaleGradient(dya, dyi, xa, xi, m, r, dga, at, width);
        }
        if (dba != null) {
          CpuArithmetic.add(dya, dyi, dba, at, dba, at, width);
        }
        if (dxa != null) {
          int dxi = CpuBuffer.row(dx, row);
          inputGradient(dya, dyi, xa, xi, ga, gi, m, r, dxa, dxi, accumulate, width);
        }
      }
    }
  }

  private static void checkStatistics(Tensor mean, Tensor rstd, Tensor x) {
    if (mean != null) {
      Shapes.vector(mean, x.rows(), "row", x);
    }
    if (rstd != null) {
      Shapes.vector(rstd, x.rows(), "row", x);
    }
  }

  private static void normalise(
      float[] x,
      int xi,
      float mean,
      float rstd,
      float[] gamma,
      int gi,
      float[] beta,
      int bi,
      float[] y,
      int yi,
      int n) {
    int i =
        VectorWidth.BITS == 0
            ? 0
            : VectorLayerNorm.normalise(x, xi, mean, rstd, gamma, gi, beta, bi, y, yi, n);
    for (; i < n; i++) {
      y[yi + i] = (x[xi + i] - mean) * rstd * gamma[gi + i] + beta[bi + i];
    }
  }

  /** {@code dgamma += dy h}. */
  private static void addScaleGradient(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float mean,
      float rstd,
      float[] dgamma,
      int at,
      int n) {
    int i =
        VectorWidth.BITS == 0
            ? 0
            : VectorLayerNorm.scaleGradient(dy, dyi, x, xi, mean, rstd, dgamma, at, n);
    for (; i < n; i++) {
      dgamma[at + i] += dy[dyi + i] * ((x[xi + i] - mean) * rstd);
    }
  }

  private static void inputGradient(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      float[] dx,
      int dxi,
      boolean accumulate,
      int n) {
    float meanG = (float) (CpuRows.dot(dy, dyi, gamma, gi, n) / n);
    double deviation = CpuRows.weightedDeviation(dy, dyi, gamma, gi, x, xi, mean, n);
    float meanGh = (float) (deviation * rstd / n);
    int i = 0;
    if (VectorWidth.BITS > 0) {
      i =
          VectorLayerNorm.inputGradient(
              dy, dyi, x, xi, gamma, gi, mean, rstd, meanG, meanGh, dx, dxi, accumulate, n);
    }
    for (; i < n; i++) {
      float h = (x[xi + i] - mean) * rstd;
      float gradient = rstd * (dy[dyi + i] * gamma[gi + i] - meanG - h * meanGh);
      dx[dxi + i] = accumulate ? dx[dxi + i] + gradient : gradient;
    }
  }
}
