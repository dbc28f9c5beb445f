package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * Gradients of some rows, two at a time: one pass for the sums, one for the gradient of the input.
 */
final class LayerNormBackward extends RowTask {
  Tensor dy;
  Tensor x;
  Tensor gamma;
  Tensor mean;
  Tensor rstd;
  Tensor dx;
  boolean accumulate;

  /** Floats of {@link #sums} for a block: two cache lines, so that no two threads share one. */
  static final int SPACING = 32;

  /** Two sums of each of two rows, at each block's place, whose task alone uses them. */
  float[] sums = new float[0];

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
    int to = (block + 1) * SPACING;
    if (dga != null) {
      Arrays.fill(dga, at, at + width, 0);
    }
    if (dba != null) {
      Arrays.fill(dba, at, at + width, 0);
    }
    int row = begin;
    if (VectorWidth.BITS > 0 && dxa != null && (dga == null) == (dba == null)) {
      for (; row + 1 < end; row += 2) {
        pair(dya, xa, ga, gi, ma, ra, dxa, row, row + 1, dga != null, at, to, width);
      }
      if (row < end) {
        // A pair of itself: C2 would come to code for single rows after hundreds of steps, and
        // until then every vector is boxed.
        addParameterGradients(dya, xa, ma, ra, row, at, width);
        pair(dya, xa, ga, gi, ma, ra, dxa, row, row, false, at, to, width);
        row++;
      }
    }
    for (; row < end; row++) {
      int dyi = CpuBuffer.row(dy, row);
      int xi = CpuBuffer.row(x, row);
      float m = ma[CpuBuffer.offset(mean) + row];
      float r = ra[CpuBuffer.offset(rstd) + row];
      if (dga != null && dba != null) {
        gradientSums(dya, dyi, xa, xi, ga, gi, m, r, true, dga, dba, at, sums, to, width);
      } else {
        if (dga != null) {
          addScaleGradient(dya, dyi, xa, xi, m, r, dga, at, width);
        }
        if (dba != null) {
          CpuArithmetic.add(dya, dyi, dba, at, dba, at, width);
        }
        if (dxa != null) {
          gradientSums(dya, dyi, xa, xi, ga, gi, m, r, false, null, null, at, sums, to, width);
        }
      }
      if (dxa != null) {
        int dxi = CpuBuffer.row(dx, row);
        inputGradient(dya, dyi, xa, xi, ga, gi, m, r, sums, to, dxa, dxi, accumulate, width);
      }
    }
  }

  /** {@code dgamma += dy h} and {@code dbeta += dy} of one row, where those are wanted. */
  private void addParameterGradients(
      float[] dya, float[] xa, float[] ma, float[] ra, int row, int at, int n) {
    if (dga == null) {
      return;
    }
    int dyi = CpuBuffer.row(dy, row);
    int xi = CpuBuffer.row(x, row);
    float m = ma[CpuBuffer.offset(mean) + row];
    float r = ra[CpuBuffer.offset(rstd) + row];
    for (int i = 0; i < n; i++) {
      float d = dya[dyi + i];
      dga[at + i] += d * ((xa[xi + i] - m) * r);
      dba[at + i] += d;
    }
  }

  /** Of rows {@code row} and {@code other}, and what no vector took of each. */
  private void pair(
      float[] dya,
      float[] xa,
      float[] ga,
      int gi,
      float[] ma,
      float[] ra,
      float[] dxa,
      int row,
      int other,
      boolean parameters,
      int at,
      int to,
      int n) {
    int dy0 = CpuBuffer.row(dy, row);
    int dy1 = CpuBuffer.row(dy, other);
    int x0 = CpuBuffer.row(x, row);
    int x1 = CpuBuffer.row(x, other);
    int dx0 = CpuBuffer.row(dx, row);
    int dx1 = CpuBuffer.row(dx, other);
    float m0 = ma[CpuBuffer.offset(mean) + row];
    float m1 = ma[CpuBuffer.offset(mean) + other];
    float r0 = ra[CpuBuffer.offset(rstd) + row];
    float r1 = ra[CpuBuffer.offset(rstd) + other];
    int i =
        VectorLayerNormPair.gradientSums(
            dya,
            dy0,
            dy1,
            xa,
            x0,
            x1,
            ga,
            gi,
            m0,
            m1,
            r0,
            r1,
            parameters,
            dga,
            dba,
            at,
            sums,
            to,
            n);
    restOfSums(dya, dy0, xa, x0, ga, gi, m0, r0, parameters, dga, dba, at, sums, to, i, n);
    restOfSums(dya, dy1, xa, x1, ga, gi, m1, r1, parameters, dga, dba, at, sums, to + 2, i, n);
    i =
        VectorLayerNormPair.inputGradient(
            dya,
            dy0,
            dy1,
            xa,
            x0,
            x1,
            ga,
            gi,
            m0,
            m1,
            r0,
            r1,
            sums,
            to,
            dxa,
            dx0,
            dx1,
            accumulate,
            n);
    restOfInput(dya, dy0, xa, x0, ga, gi, m0, r0, sums, to, dxa, dx0, accumulate, i, n);
    if (other != row) {
      restOfInput(dya, dy1, xa, x1, ga, gi, m1, r1, sums, to + 2, dxa, dx1, accumulate, i, n);
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

  /** {@link VectorLayerNorm#gradientSums}, and what no vector took. */
  private static void gradientSums(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      boolean parameters,
      float[] dgamma,
      float[] dbeta,
      int at,
      float[] sums,
      int to,
      int n) {
    int i = 0;
    sums[to] = 0;
    sums[to + 1] = 0;
    if (VectorWidth.BITS > 0) {
      i =
          VectorLayerNorm.gradientSums(
              dy, dyi, x, xi, gamma, gi, mean, rstd, parameters, dgamma, dbeta, at, sums, to, n);
    }
    restOfSums(
        dy, dyi, x, xi, gamma, gi, mean, rstd, parameters, dgamma, dbeta, at, sums, to, i, n);
  }

  /** Adds elements i..n-1. */
  private static void restOfSums(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      boolean parameters,
      float[] dgamma,
      float[] dbeta,
      int at,
      float[] sums,
      int to,
      int i,
      int n) {
    for (; i < n; i++) {
      float h = (x[xi + i] - mean) * rstd;
      float d = dy[dyi + i];
      if (parameters) {
        dgamma[at + i] += d * h;
        dbeta[at + i] += d;
      }
      sums[to] += d * gamma[gi + i];
      sums[to + 1] = Math.fma(d * gamma[gi + i], h, sums[to + 1]);
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
      float[] sums,
      int from,
      float[] dx,
      int dxi,
      boolean accumulate,
      int n) {
    int i = 0;
    if (VectorWidth.BITS > 0) {
      float meanG = sums[from] / n;
      float meanGh = sums[from + 1] / n;
      i =
          VectorLayerNorm.inputGradient(
              dy, dyi, x, xi, gamma, gi, mean, rstd, meanG, meanGh, dx, dxi, accumulate, n);
    }
    restOfInput(dy, dyi, x, xi, gamma, gi, mean, rstd, sums, from, dx, dxi, accumulate, i, n);
  }

  /** Computes elements i..n-1. */
  private static void restOfInput(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      float[] sums,
      int from,
      float[] dx,
      int dxi,
      boolean accumulate,
      int i,
      int n) {
    float meanG = sums[from] / n;
    float meanGh = sums[from + 1] / n;
    for (; i < n; i++) {
      float h = (x[xi + i] - mean) * rstd;
      float gradient = rstd * (dy[dyi + i] * gamma[gi + i] - meanG - h * meanGh);
      dx[dxi + i] = accumulate ? dx[dxi + i] + gradient : gradient;
    }
  }
}
