package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Normalises some rows. Statistics are in f64 and of what a row's elements are above its first one,
 * so that one pass gives the variance of rows far from zero, too.
 */
final class LayerNormForward extends RowTask {
  Tensor x;
  Tensor branch;
  Tensor gamma;
  Tensor beta;
  float epsilon;
  Tensor sum;
  Tensor y;
  Tensor mean;
  Tensor rstd;

  /** Doubles of {@link #sums} for a task: two cache lines, so that no two threads share one. */
  static final int SPACING = 16;

  /** Two sums of one row, at each task's place, which alone uses them. */
  double[] sums = new double[0];

  @Override
  void rows(int task, int begin, int end) {
    int to = (task + 1) * SPACING;
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
      float first = width == 0 ? 0 : sa[from];
      CpuRows.moments(sa, from, first, sums, to, width);
      double above = sums[to] / width;
      double variance = Math.max(0, sums[to + 1] / width - above * above);
      float m = (float) (first + above);
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
}
