package io.attune.device.cpu;

import io.attune.device.op.LayerNormOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** Layer normalisation: checks the shapes, then works on some rows at a time. */
final class CpuLayerNorm implements LayerNormOps {
  private final CpuThreads threads;
  private final CpuColumnSums gammaSums;
  private final CpuColumnSums betaSums;
  private final LayerNormForward forward = new LayerNormForward();
  private final LayerNormBackward backward = new LayerNormBackward();

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
    int tasks = CpuSpans.tasks(x.rows(), CpuSpans.rowsPerTask(width));
    int length = (tasks + 1) * LayerNormForward.SPACING;
    if (forward.sums.length < length) {
      forward.sums = new double[length];
    }
    forward.run(threads, x.rows(), width);
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
    int length = (blocks + 1) * LayerNormBackward.SPACING;
    if (backward.sums.length < length) {
      backward.sums = new float[length];
    }
    backward.runBlocks(threads, rows, CpuColumnSums.BLOCK);
    if (dgamma != null) {
      gammaSums.finish(blocks, dgamma, true);
    }
    if (dbeta != null) {
      betaSums.finish(blocks, dbeta, true);
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
}
