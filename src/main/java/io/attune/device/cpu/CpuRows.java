package io.attune.device.cpu;

/** Reductions of one row, accumulated in f64. */
final class CpuRows {
  private CpuRows() {}

  static double sum(float[] x, int xi, int n) {
    double sum0 = 0;
    double sum1 = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      sum0 += x[xi + i];
      sum1 += x[xi + i + 1];
    }
    return i < n ? sum0 + sum1 + x[xi + i] : sum0 + sum1;
  }

  /** {@code sum of (x - center)^2}. */
  static double squaredDeviation(float[] x, int xi, double center, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = x[xi + i] - center;
      sum += d * d;
    }
    return sum;
  }

  static double dot(float[] x, int xi, float[] y, int yi, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) x[xi + i] * y[yi + i];
    }
    return sum;
  }

  /** {@code sum of (x - y)^2}. */
  static double squaredDistance(float[] x, int xi, float[] y, int yi, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = (double) x[xi + i] - y[yi + i];
      sum += d * d;
    }
    return sum;
  }

  /** The largest element; NaN if there is one; negative infinity if n is 0. */
  static float max(float[] x, int xi, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[xi + i]);
    }
    return max;
  }

  /** Whether no element is NaN or infinite. */
  static boolean finite(float[] x, int xi, int n) {
    int largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(x[xi + i]) & 0x7fffffff);
    }
    return largest < 0x7f800000;
  }
}
