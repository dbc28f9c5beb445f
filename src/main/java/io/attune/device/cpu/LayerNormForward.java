package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/** Normalises some rows; statistics in f64, in two passes over a row that lies in the cache. */
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
