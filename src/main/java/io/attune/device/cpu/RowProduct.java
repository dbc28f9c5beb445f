package io.attune.device.cpu;

/** A row times a row-major matrix, for products too small to be packed; accumulated in f32. */
final class RowProduct {
  private RowProduct() {}

  /**
   * {@code c[j] = sum over k of a[k] m[k, j]}.
   *
   * @param inner elements of a, rows of m
   * @param stride elements from one row of m to the next
   * @param columns elements of c
   */
  static void multiply(
      float[] a, int ai, int inner, float[] m, int mi, int stride, float[] c, int ci, int columns) {
    int j =
        VectorWidth.BITS == 0
            ? 0
            : VectorRowProduct.multiply(a, ai, inner, m, mi, stride, c, ci, columns);
    for (; j < columns; j++) {
      float sum = 0;
      for (int k = 0; k < inner; k++) {
        sum = Math.fma(a[ai + k], m[mi + k * stride + j], sum);
      }
      c[ci + j] = sum;
    }
  }
}
