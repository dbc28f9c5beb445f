package io.attune.device.cpu;

/** Exponentials of rows. */
final class CpuExp {
  private CpuExp() {}

  /** {@code y = exp(x - shift)}; returns the sum, accumulated in f64; y may be x. */
  static double exp(float[] x, int xi, float shift, float[] y, int yi, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      float value = (float) Math.exp(x[xi + i] - shift);
      y[yi + i] = value;
      sum += value;
    }
    return sum;
  }

  /** The sum of {@code exp(x - shift)}, accumulated in f64. */
  static double sum(float[] x, int xi, float shift, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp(x[xi + i] - shift);
    }
    return sum;
  }
}
