package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernel of 512-bit vectors: 14 rows by 2 vectors of C stay in 28 registers, two more
 * hold a row of B, one the element of A; each step of k does 28 multiply-adds on 16 loads.
 * Everything is a local of one method and unrolled by hand, since vectors in arrays or calls would
 * be boxed. The places in A and B are carried from step to step: where they were computed from k,
 * C2 loaded three elements of A ahead, kept one sum on the stack and took a seventh more time.
 */
final class WideKernel {
  static final int ROWS = 14;

  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;
  private static final int COLUMNS = 2 * LANES;

  private WideKernel() {}

  /**
   * {@code C = A B}, or {@code C = A B + sums}.
   *
   * @param a a packed panel [kc][14] from {@code ao}
   * @param b a packed panel [kc][2 vectors] from {@code bo}
   * @param sums a tile [14][2 vectors] from {@code at}, if {@code accumulate}
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
    FloatVector l4 = zero;
    FloatVector r4 = zero;
    FloatVector l5 = zero;
    FloatVector r5 = zero;
    FloatVector l6 = zero;
    FloatVector r6 = zero;
    FloatVector l7 = zero;
    FloatVector r7 = zero;
    FloatVector l8 = zero;
    FloatVector r8 = zero;
    FloatVector l9 = zero;
    FloatVector r9 = zero;
    FloatVector l10 = zero;
    FloatVector r10 = zero;
    FloatVector l11 = zero;
    FloatVector r11 = zero;
    FloatVector l12 = zero;
    FloatVector r12 = zero;
    FloatVector l13 = zero;
    FloatVector r13 = zero;
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
      x = FloatVector.broadcast(SPECIES, a[ak + 4]);
      l4 = x.fma(left, l4);
      r4 = x.fma(right, r4);
      x = FloatVector.broadcast(SPECIES, a[ak + 5]);
      l5 = x.fma(left, l5);
      r5 = x.fma(right, r5);
      x = FloatVector.broadcast(SPECIES, a[ak + 6]);
      l6 = x.fma(left, l6);
      r6 = x.fma(right, r6);
      x = FloatVector.broadcast(SPECIES, a[ak + 7]);
      l7 = x.fma(left, l7);
      r7 = x.fma(right, r7);
      x = FloatVector.broadcast(SPECIES, a[ak + 8]);
      l8 = x.fma(left, l8);
      r8 = x.fma(right, r8);
      x = FloatVector.broadcast(SPECIES, a[ak + 9]);
      l9 = x.fma(left, l9);
      r9 = x.fma(right, r9);
      x = FloatVector.broadcast(SPECIES, a[ak + 10]);
      l10 = x.fma(left, l10);
      r10 = x.fma(right, r10);
      x = FloatVector.broadcast(SPECIES, a[ak + 11]);
      l11 = x.fma(left, l11);
      r11 = x.fma(right, r11);
      x = FloatVector.broadcast(SPECIES, a[ak + 12]);
      l12 = x.fma(left, l12);
      r12 = x.fma(right, r12);
      x = FloatVector.broadcast(SPECIES, a[ak + 13]);
      l13 = x.fma(left, l13);
      r13 = x.fma(right, r13);
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
      l4 = l4.add(FloatVector.fromArray(SPECIES, sums, at + 4 * COLUMNS));
      r4 = r4.add(FloatVector.fromArray(SPECIES, sums, at + 4 * COLUMNS + LANES));
      l5 = l5.add(FloatVector.fromArray(SPECIES, sums, at + 5 * COLUMNS));
      r5 = r5.add(FloatVector.fromArray(SPECIES, sums, at + 5 * COLUMNS + LANES));
      l6 = l6.add(FloatVector.fromArray(SPECIES, sums, at + 6 * COLUMNS));
      r6 = r6.add(FloatVector.fromArray(SPECIES, sums, at + 6 * COLUMNS + LANES));
      l7 = l7.add(FloatVector.fromArray(SPECIES, sums, at + 7 * COLUMNS));
      r7 = r7.add(FloatVector.fromArray(SPECIES, sums, at + 7 * COLUMNS + LANES));
      l8 = l8.add(FloatVector.fromArray(SPECIES, sums, at + 8 * COLUMNS));
      r8 = r8.add(FloatVector.fromArray(SPECIES, sums, at + 8 * COLUMNS + LANES));
      l9 = l9.add(FloatVector.fromArray(SPECIES, sums, at + 9 * COLUMNS));
      r9 = r9.add(FloatVector.fromArray(SPECIES, sums, at + 9 * COLUMNS + LANES));
      l10 = l10.add(FloatVector.fromArray(SPECIES, sums, at + 10 * COLUMNS));
      r10 = r10.add(FloatVector.fromArray(SPECIES, sums, at + 10 * COLUMNS + LANES));
      l11 = l11.add(FloatVector.fromArray(SPECIES, sums, at + 11 * COLUMNS));
      r11 = r11.add(FloatVector.fromArray(SPECIES, sums, at + 11 * COLUMNS + LANES));
      l12 = l12.add(FloatVector.fromArray(SPECIES, sums, at + 12 * COLUMNS));
      r12 = r12.add(FloatVector.fromArray(SPECIES, sums, at + 12 * COLUMNS + LANES));
      l13 = l13.add(FloatVector.fromArray(SPECIES, sums, at + 13 * COLUMNS));
      r13 = r13.add(FloatVector.fromArray(SPECIES, sums, at + 13 * COLUMNS + LANES));
    }
    l0.intoArray(c, co);
    r0.intoArray(c, co + LANES);
    l1.intoArray(c, co + stride);
    r1.intoArray(c, co + stride + LANES);
    l2.intoArray(c, co + 2 * stride);
    r2.intoArray(c, co + 2 * stride + LANES);
    l3.intoArray(c, co + 3 * stride);
    r3.intoArray(c, co + 3 * stride + LANES);
    l4.intoArray(c, co + 4 * stride);
    r4.intoArray(c, co + 4 * stride + LANES);
    l5.intoArray(c, co + 5 * stride);
    r5.intoArray(c, co + 5 * stride + LANES);
    l6.intoArray(c, co + 6 * stride);
    r6.intoArray(c, co + 6 * stride + LANES);
    l7.intoArray(c, co + 7 * stride);
    r7.intoArray(c, co + 7 * stride + LANES);
    l8.intoArray(c, co + 8 * stride);
    r8.intoArray(c, co + 8 * stride + LANES);
    l9.intoArray(c, co + 9 * stride);
    r9.intoArray(c, co + 9 * stride + LANES);
    l10.intoArray(c, co + 10 * stride);
    r10.intoArray(c, co + 10 * stride + LANES);
    l11.intoArray(c, co + 11 * stride);
    r11.intoArray(c, co + 11 * stride + LANES);
    l12.intoArray(c, co + 12 * stride);
    r12.intoArray(c, co + 12 * stride + LANES);
    l13.intoArray(c, co + 13 * stride);
    r13.intoArray(c, co + 13 * stride + LANES);
  }
}
