package io.attune.device.cpu;

/** Arithmetic on n elements of arrays; a result may replace an operand. */
final class CpuArithmetic {
  private CpuArithmetic() {}

  /** {@code y = alpha x}. */
  static void scale(float alpha, float[] x, int xi, float[] y, int yi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.scale(alpha, x, xi, y, yi, n);
    for (; i < n; i++) {
      y[yi + i] = alpha * x[xi + i];
    }
  }

  /** {@code y = x + offset}. */
  static void shift(float[] x, int xi, float offset, float[] y, int yi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.shift(x, xi, offset, y, yi, n);
    for (; i < n; i++) {
      y[yi + i] = x[xi + i] + offset;
    }
  }

  /** {@code z = x + y}. */
  static void add(float[] x, int xi, float[] y, int yi, float[] z, int zi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.add(x, xi, y, yi, z, zi, n);
    for (; i < n; i++) {
      z[zi + i] = x[xi + i] + y[yi + i];
    }
  }

  /** {@code z = alpha x + beta y}. */
  static void combine(
      float alpha, float[] x, int xi, float beta, float[] y, int yi, float[] z, int zi, int n) {
    int i =
        VectorWidth.BITS == 0 ? 0 : VectorArithmetic.combine(alpha, x, xi, beta, y, yi, z, zi, n);
    for (; i < n; i++) {
      z[zi + i] = alpha * x[xi + i] + beta * y[yi + i];
    }
  }

  /** {@code z = alpha (x - y)}. */
  static void difference(
      float alpha, float[] x, int xi, float[] y, int yi, float[] z, int zi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.difference(alpha, x, xi, y, yi, z, zi, n);
    for (; i < n; i++) {
      z[zi + i] = alpha * (x[xi + i] - y[yi + i]);
    }
  }

  /** {@code max = max(max, x)}. */
  static void max(float[] max, int mi, float[] x, int xi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.max(max, mi, x, xi, n);
    for (; i < n; i++) {
      max[mi + i] = Math.max(max[mi + i], x[xi + i]);
    }
  }

  /** {@code sums += x}. */
  static void addTo(double[] sums, int at, float[] x, int xi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorArithmetic.addTo(sums, at, x, xi, n);
    for (; i < n; i++) {
      sums[at + i] += x[xi + i];
    }
  }
}
