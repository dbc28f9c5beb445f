package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel of four rows of A and a B that is read as it lies, in runs along its rows: a B that
 * meets no other rows is read once, and packing it would cost more than the product. Sums stay in
 * the first cache instead of registers and take four steps of k in turn, the same sum in the same
 * order as {@link NarrowKernel}'s. For 512 bits, since 16 elements of A stay in registers.
 */
final class RunKernel {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;
  private static final int COLUMNS = 2 * LANES;
  private static final int ROWS = NarrowKernel.ROWS;
  private static final int STEPS = 4;

  private RunKernel() {}

  /**
   * {@code C = A B}.
   *
   * @param a a packed panel [kc][4] from {@code ao}
   * @param b rows of {@code columns} from {@code bo}, {@code stride} apart
   * @param columns a multiple of two vectors
   * @param c tiles [4][2 vectors] from {@code co}, one after another
   */
  static void multiply(
      float[] a, int ao, float[] b, int bo, int stride, int kc, int columns, float[] c, int co) {
    java.util.Arrays.fill(c, co, co + ROWS * columns, 0f);
    int k = 0;
    for (; k + STEPS <= kc; k += STEPS) {
      fourSteps(a, ao + k * ROWS, b, bo + k * stride, stride, columns, c, co);
    }
    for (; k < kc; k++) {
      oneStep(a, ao + k * ROWS, b, bo + k * stride, columns, c, co);
    }
  }

  private static void fourSteps(
      float[] a, int ao, float[] b, int bo, int stride, int columns, float[] c, int co) {
    FloatVector x00 = FloatVector.broadcast(SPECIES, a[ao]);
    FloatVector x01 = FloatVector.broadcast(SPECIES, a[ao + 4]);
    FloatVector x02 = FloatVector.broadcast(SPECIES, a[ao + 8]);
    FloatVector x03 = FloatVector.broadcast(SPECIES, a[ao + 12]);
    FloatVector x10 = FloatVector.broadcast(SPECIES, a[ao + 1]);
    FloatVector x11 = FloatVector.broadcast(SPECIES, a[ao + 5]);
    FloatVector x12 = FloatVector.broadcast(SPECIES, a[ao + 9]);
    FloatVector x13 = FloatVector.broadcast(SPECIES, a[ao + 13]);
    FloatVector x20 = FloatVector.broadcast(SPECIES, a[ao + 2]);
    FloatVector x21 = FloatVector.broadcast(SPECIES, a[ao + 6]);
    FloatVector x22 = FloatVector.broadcast(SPECIES, a[ao + 10]);
    FloatVector x23 = FloatVector.broadcast(SPECIES, a[ao + 14]);
    FloatVector x30 = FloatVector.broadcast(SPECIES, a[ao + 3]);
    FloatVector x31 = FloatVector.broadcast(SPECIES, a[ao + 7]);
    FloatVector x32 = FloatVector.broadcast(SPECIES, a[ao + 11]);
    FloatVector x33 = FloatVector.broadcast(SPECIES, a[ao + 15]);
    for (int j = 0; j < columns; j += LANES) {
      int at = bo + j;
      int to = co + j / COLUMNS * ROWS * COLUMNS + j % COLUMNS;
      FloatVector b0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector b1 = FloatVector.fromArray(SPECIES, b, at + stride);
      FloatVector b2 = FloatVector.fromArray(SPECIES, b, at + 2 * stride);
      FloatVector b3 = FloatVector.fromArray(SPECIES, b, at + 3 * stride);
      FloatVector sum0 = x00.fma(b0, FloatVector.fromArray(SPECIES, c, to));
      FloatVector sum1 = x10.fma(b0, FloatVector.fromArray(SPECIES, c, to + COLUMNS));
      FloatVector sum2 = x20.fma(b0, FloatVector.fromArray(SPECIES, c, to + 2 * COLUMNS));
      FloatVector sum3 = x30.fma(b0, FloatVector.fromArray(SPECIES, c, to + 3 * COLUMNS));
      sum0 = x01.fma(b1, sum0);
      sum1 = x11.fma(b1, sum1);
      sum2 = x21.fma(b1, sum2);
      sum3 = x31.fma(b1, sum3);
      sum0 = x02.fma(b2, sum0);
      sum1 = x12.fma(b2, sum1);
      sum2 = x22.fma(b2, sum2);
      sum3 = x32.fma(b2, sum3);
      sum0 = x03.fma(b3, sum0);
      sum1 = x13.fma(b3, sum1);
      sum2 = x23.fma(b3, sum2);
      sum3 = x33.fma(b3, sum3);
      sum0.intoArray(c, to);
      sum1.intoArray(c, to + COLUMNS);
      sum2.intoArray(c, to + 2 * COLUMNS);
      sum3.intoArray(c, to + 3 * COLUMNS);
    }
  }

  private static void oneStep(
      float[] a, int ao, float[] b, int bo, int columns, float[] c, int co) {
    for (int j = 0; j < columns; j += LANES) {
      FloatVector right = FloatVector.fromArray(SPECIES, b, bo + j);
      int to = co + j / COLUMNS * ROWS * COLUMNS + j % COLUMNS;
      for (int r = 0; r < ROWS; r++) {
        FloatVector sum = FloatVector.fromArray(SPECIES, c, to + r * COLUMNS);
        FloatVector x = FloatVector.broadcast(SPECIES, a[ao + r]);
        x.fma(right, sum).intoArray(c, to + r * COLUMNS);
      }
    }
  }

  /** {@code sums = c + sums}. */
  static void add(float[] c, float[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] = c[i] + sums[i];
    }
  }
}
