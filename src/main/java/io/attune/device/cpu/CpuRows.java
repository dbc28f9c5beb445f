package io.attune.device.cpu;

/**
 * Reductions of one row, accumulated in f64 where nothing else is said: whole vectors by {@link
 * VectorRows}, the rest here.
 */
final class CpuRows {
  private CpuRows() {}

  static double sum(float[] x, int xi, int n) {
    int whole = whole(n);
    double sum = whole == 0 ? 0 : VectorRows.sum(x, xi, whole);
    for (int i = whole; i < n; i++) {
      sum += x[xi + i];
    }
    return sum;
  }

  /** {@code sum of (x - center)^2}. */
  static double squaredDeviation(float[] x, int xi, double center, int n) {
    int whole = whole(n);
    double sum = whole == 0 ? 0 : VectorRows.squaredDeviation(x, xi, center, whole);
    for (int i = whole; i < n; i++) {
      double d = x[xi + i] - center;
      sum += d * d;
    }
    return sum;
  }

  /**
   * {@code sums[to] = sum of (x - shift)} and {@code sums[to + 1] = sum of (x - shift)^2}, in one
   * pass.
   */
  static void moments(float[] x, int xi, double shift, double[] sums, int to, int n) {
    int whole = whole(n);
    sums[to] = 0;
    sums[to + 1] = 0;
    if (whole > 0) {
      VectorRows.moments(x, xi, shift, sums, to, whole);
    }
    for (int i = whole; i < n; i++) {
      double d = x[xi + i] - shift;
      sums[to] += d;
      sums[to + 1] += d * d;
    }
  }

  static double dot(float[] x, int xi, float[] y, int yi, int n) {
    int whole = whole(n);
    double sum = whole == 0 ? 0 : VectorRows.dot(x, xi, y, yi, whole);
    for (int i = whole; i < n; i++) {
      sum += (double) x[xi + i] * y[yi + i];
    }
    return sum;
  }

  /** {@link #dot} of rows as short as a head, accumulated in f32. */
  static float shortDot(float[] x, int xi, float[] y, int yi, int n) {
    if (VectorWidth.BITS > 0) {
      return VectorRowSoftmax.dot(x, xi, y, yi, n);
    }
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum = Math.fma(x[xi + i], y[yi + i], sum);
    }
    return sum;
  }

  /** {@code sum of (x - y)^2}. */
  static double squaredDistance(float[] x, int xi, float[] y, int yi, int n) {
    int whole = whole(n);
    double sum = whole == 0 ? 0 : VectorRows.squaredDistance(x, xi, y, yi, whole);
    for (int i = whole; i < n; i++) {
      double d = (double) x[xi + i] - y[yi + i];
      sum += d * d;
    }
    return sum;
  }

  /** The largest element; NaN if there is one; negative infinity if n is 0. */
  static float max(float[] x, int xi, int n) {
    int whole = whole(n);
    float max = whole == 0 ? Float.NEGATIVE_INFINITY : VectorRows.max(x, xi, whole);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, x[xi + i]);
    }
    return max;
  }

  /** Whether no element is NaN or infinite. */
  static boolean finite(float[] x, int xi, int n) {
    int whole = whole(n);
    int largest = whole == 0 ? 0 : VectorRows.largestMagnitude(x, xi, whole);
    for (int i = whole; i < n; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(x[xi + i]) & 0x7fffffff);
    }
    return largest < 0x7f800000;
  }

  /** Elements that {@link VectorRows} takes: whole vectors, or none where vectors are not used. */
  private static int whole(int n) {
    return VectorWidth.BITS == 0 ? 0 : n - n % VectorWidth.LANES;
  }
}
