package io.attune.device.cpu;

/** The micro-kernel without vectors: 4 rows by 4 columns of C in locals. */
final class ScalarKernel {
  static final int ROWS = 4;
  static final int COLUMNS = 4;

  private ScalarKernel() {}

  /**
   * {@code C = A B}, or {@code C = A B + sums}.
   *
   * @param a a packed panel [kc][4] from {@code ao}
   * @param b a packed panel [kc][4] from {@code bo}
   * @param sums a tile [4][4] from {@code at}, if {@code accumulate}
   * @param c rows of 4 from {@code co}, {@code stride} apart
   */
  static void multiply(
      float[] a,
      int ao,
      float[] b,
      int bo,
      int kc,
      boolean accumulate,
      float[] sums,
      int at,
      float[] c,
      int co,
      int stride) {
    for (int row = 0; row < ROWS; row += 2) {
      int before = at + row * COLUMNS;
      multiplyRows(a, ao + row, b, bo, kc, accumulate, sums, before, c, co + row * stride, stride);
    }
  }

  /** Two rows at a time: 8 sums fit the scalar registers. */
  private static void multiplyRows(
      float[] a,
      int ao,
      float[] b,
      int bo,
      int kc,
      boolean accumulate,
      float[] sums,
      int at,
      float[] c,
      int co,
      int stride) {
    float c00 = 0;
    float c01 = 0;
    float c02 = 0;
    float c03 = 0;
    float c10 = 0;
    float c11 = 0;
    float c12 = 0;
    float c13 = 0;
    for (int k = 0; k < kc; k++) {
      float a0 = a[ao + k * ROWS];
      float a1 = a[ao + k * ROWS + 1];
      float b0 = b[bo + k * COLUMNS];
      float b1 = b[bo + k * COLUMNS + 1];
      float b2 = b[bo + k * COLUMNS + 2];
      float b3 = b[bo + k * COLUMNS + 3];
      c00 += a0 * b0;
      c01 += a0 * b1;
      c02 += a0 * b2;
      c03 += a0 * b3;
      c10 += a1 * b0;
      c11 += a1 * b1;
      c12 += a1 * b2;
      c13 += a1 * b3;
    }
    if (accumulate) {
      c00 += sums[at];
      c01 += sums[at + 1];
      c02 += sums[at + 2];
      c03 += sums[at + 3];
      c10 += sums[at + COLUMNS];
      c11 += sums[at + COLUMNS + 1];
      c12 += sums[at + COLUMNS + 2];
      c13 += sums[at + COLUMNS + 3];
    }
    c[co] = c00;
    c[co + 1] = c01;
    c[co + 2] = c02;
    c[co + 3] = c03;
    c[co + stride] = c10;
    c[co + stride + 1] = c11;
    c[co + stride + 2] = c12;
    c[co + stride + 3] = c13;
  }
}
