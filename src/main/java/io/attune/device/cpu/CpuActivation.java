package io.attune.device.cpu;

import io.attune.device.op.Activation;
import io.attune.device.op.ActivationOps;
import io.attune.tensor.Tensor;

/** Activations and their derivatives. */
final class CpuActivation implements ActivationOps {
  private final CpuThreads threads;

  CpuActivation(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void forward(Activation activation, Tensor x, Tensor y) {
    Shapes.same(x, y);
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    switch (activation) {
      case QUICK_GELU ->
          CpuSpans.run(threads, x, y, y, (xi, yi, zi, n) -> quickGelu(xa, xi, ya, yi, n));
      case GELU -> CpuSpans.run(threads, x, y, y, (xi, yi, zi, n) -> gelu(xa, xi, ya, yi, n));
    }
  }

  @Override
  public void backward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
    Shapes.same(x, dy);
    Shapes.same(x, dx);
    float[] xa = CpuBuffer.floats(x);
    float[] dya = CpuBuffer.floats(dy);
    float[] dxa = CpuBuffer.floats(dx);
    switch (activation) {
      case QUICK_GELU ->
          CpuSpans.run(
              threads,
              x,
              dy,
              dx,
              (xi, dyi, dxi, n) -> quickGeluGradient(xa, xi, dya, dyi, dxa, dxi, n));
      case GELU ->
          CpuSpans.run(
              threads, x, dy, dx, (xi, dyi, dxi, n) -> geluGradient(xa, xi, dya, dyi, dxa, dxi, n));
    }
  }

  private static void quickGelu(float[] x, int xi, float[] y, int yi, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[xi + i];
      y[yi + i] = (float) (v / (1 + Math.exp(-1.702 * v)));
    }
  }

  private static void quickGeluGradient(
      float[] x, int xi, float[] dy, int dyi, float[] dx, int dxi, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[xi + i];
      double s = 1 / (1 + Math.exp(-1.702 * v));
      dx[dxi + i] = (float) (dy[dyi + i] * s * (1 + 1.702 * v * (1 - s)));
    }
  }

  private static void gelu(float[] x, int xi, float[] y, int yi, int n) {
    for (int i = 0; i < n; i++) {
      double v = x[xi + i];
      y[yi + i] = (float) (v * cumulative(v));
    }
  }

  private static void geluGradient(
      float[] x, int xi, float[] dy, int dyi, float[] dx, int dxi, int n) {
    double density = 1 / Math.sqrt(2 * Math.PI);
    for (int i = 0; i < n; i++) {
      double v = x[xi + i];
      dx[dxi + i] = (float) (dy[dyi + i] * (cumulative(v) + v * density * Math.exp(-0.5 * v * v)));
    }
  }

  /** The standard normal distribution function, within 1e-7 (Abramowitz and Stegun 7.1.26). */
  private static double cumulative(double x) {
    double z = Math.abs(x) * Math.sqrt(0.5);
    double t = 1 / (1 + 0.3275911 * z);
    double tail =
        t
            * (0.254829592
                + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
            * Math.exp(-z * z)
            / 2;
    return x < 0 ? tail : 1 - tail;
  }
}
