package io.attune.device.cpu;

/** The micro-kernel without vectors: 4 rows by 4 columns of C in locals. */
final class ScalarKernel {
  static final int ROWS = 4;
  static final int COLUMNS = 4;

  private ScalarKernel() {}

  /**
   * {@code C = A B}, or {@code C += A B}.
   *
   * @param a a packed panel [kc][4] from {@code ao}
   * @param b a packed panel [kc][4] from {@code bo}
   * @param c a tile [4][4] from {@code co}
   */
  static void multiply(
      float[] a, int ao, float[] b, int bo, int kc, float[] c, int co, boolean accumulate) {
    if (!accumulate) {
      java.util.Arrays.fill(c, co, co + ROWS * COLUMNS, 0f);
    }
    for (int row = 0; row < ROWS; row += 2) {
      multiplyRows(a, ao + row, b, bo, kc, c, co + row * COLUMNS);
    }
  }

  /** Two rows at a time: 8 sums fit the scalar registers. */
  private static void multiplyRows(
      float[] a, int ao, float[] b, int bo, int kc, float[] c, int co) {
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
    c[co] += c00;
    c[co + 1] += c01;
    c[co + 2] += c02;
    c[co + 3] += c03;
    c[co + COLUMNS] += c10;
    c[co + COLUMNS + 1] += c11;
    c[co + COLUMNS + 2] += c12;
    c[co + COLUMNS + 3] += c13;
  }
}
