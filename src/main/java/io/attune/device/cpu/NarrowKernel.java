package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of 256 and 128 bits, and of the last rows with 512: 4 rows by 2 vectors of C
 * stay in 8 registers, which leaves room among the 16 of AVX2 (6 rows spill), and 8 multiply-adds
 * under way cover their latency.
 */
final class NarrowKernel {
  static final int ROWS = 4;

  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;
  private static final int COLUMNS = 2 * LANES;

  private NarrowKernel() {}

  /**
   * {@code C = A B}, or {@code C = A B + sums}.
   *
   * @param a a packed panel [kc][4] from {@code ao}
   * @param b a packed panel [kc][2 vectors] from {@code bo}
   * @param sums a tile [4][2 vectors] from {@code at}, if {@code accumulate}
   * @param c rows of 2 vectors from {@code co}, {@code stride} apart
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
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector l0 = zero;
    FloatVector r0 = zero;
    FloatVector l1 = zero;
    FloatVector r1 = zero;
    FloatVector l2 = zero;
    FloatVector r2 = zero;
    FloatVector l3 = zero;
    FloatVector r3 = zero;
    int ak = ao;
    int bk = bo;
    for (int k = 0; k < kc; k++) {
      FloatVector left = FloatVector.fromArray(SPECIES, b, bk);
      FloatVector right = FloatVector.fromArray(SPECIES, b, bk + LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[ak]);
      l0 = x.fma(left, l0);
      r0 = x.fma(right, r0);
      x = FloatVector.broadcast(SPECIES, a[ak + 1]);
      l1 = x.fma(left, l1);
      r1 = x.fma(right, r1);
      x = FloatVector.broadcast(SPECIES, a[ak + 2]);
      l2 = x.fma(left, l2);
      r2 = x.fma(right, r2);
      x = FloatVector.broadcast(SPECIES, a[ak + 3]);
      l3 = x.fma(left, l3);
      r3 = x.fma(right, r3);
      ak += ROWS;
      bk += COLUMNS;
    }
    if (accumulate) {
      l0 = l0.add(FloatVector.fromArray(SPECIES, sums, at));
      r0 = r0.add(FloatVector.fromArray(SPECIES, sums, at + LANES));
      l1 = l1.add(FloatVector.fromArray(SPECIES, sums, at + COLUMNS));
      r1 = r1.add(FloatVector.fromArray(SPECIES, sums, at + COLUMNS + LANES));
      l2 = l2.add(FloatVector.fromArray(SPECIES, sums, at + 2 * COLUMNS));
      r2 = r2.add(FloatVector.fromArray(SPECIES, sums, at + 2 * COLUMNS + LANES));
      l3 = l3.add(FloatVector.fromArray(SPECIES, sums, at + 3 * COLUMNS));
      r3 = r3.add(FloatVector.fromArray(SPECIES, sums, at + 3 * COLUMNS + LANES));
    }
    l0.intoArray(c, co);
    r0.intoArray(c, co + LANES);
    l1.intoArray(c, co + stride);
    r1.intoArray(c, co + stride + LANES);
    l2.intoArray(c, co + 2 * stride);
    r2.intoArray(c, co + 2 * stride + LANES);
    l3.intoArray(c, co + 3 * stride);
    r3.intoArray(c, co + 3 * stride + LANES);
  }
}
