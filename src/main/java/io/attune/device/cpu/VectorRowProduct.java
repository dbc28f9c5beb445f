package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowProduct} on whole vectors; every column is summed in the same order. */
final class VectorRowProduct {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorRowProduct() {}

  /** Returns how many columns that were; the rest is the caller's. */
  static int multiply(
      float[] a, int ai, int inner, float[] m, int mi, int stride, float[] c, int ci, int columns) {
    int j = 0;
    for (; j + 5 * LANES <= columns; j += 5 * LANES) {
      five(a, ai, inner, m, mi + j, stride, c, ci + j);
    }
    for (; j + 2 * LANES <= columns; j += 2 * LANES) {
      two(a, ai, inner, m, mi + j, stride, c, ci + j);
    }
    for (; j + LANES <= columns; j += LANES) {
      one(a, ai, inner, m, mi + j, stride, c, ci + j);
    }
    return j;
  }

  /** Five vectors hide the latency of a multiply-add, and 66 dimensions fill five of 16 lanes. */
  private static void five(
      float[] a, int ai, int inner, float[] m, int mi, int stride, float[] c, int ci) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    for (int k = 0; k < inner; k++) {
      FloatVector factor = FloatVector.broadcast(SPECIES, a[ai + k]);
      int at = mi + k * stride;
      sum0 = FloatVector.fromArray(SPECIES, m, at).fma(factor, sum0);
      sum1 = FloatVector.fromArray(SPECIES, m, at + LANES).fma(factor, sum1);
      sum2 = FloatVector.fromArray(SPECIES, m, at + 2 * LANES).fma(factor, sum2);
      sum3 = FloatVector.fromArray(SPECIES, m, at + 3 * LANES).fma(factor, sum3);
      sum4 = FloatVector.fromArray(SPECIES, m, at + 4 * LANES).fma(factor, sum4);
    }
    sum0.intoArray(c, ci);
    sum1.intoArray(c, ci + LANES);
    sum2.intoArray(c, ci + 2 * LANES);
    sum3.intoArray(c, ci + 3 * LANES);
    sum4.intoArray(c, ci + 4 * LANES);
  }

  private static void two(
      float[] a, int ai, int inner, float[] m, int mi, int stride, float[] c, int ci) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    for (int k = 0; k < inner; k++) {
      FloatVector factor = FloatVector.broadcast(SPECIES, a[ai + k]);
      int at = mi + k * stride;
      sum0 = FloatVector.fromArray(SPECIES, m, at).fma(factor, sum0);
      sum1 = FloatVector.fromArray(SPECIES, m, at + LANES).fma(factor, sum1);
    }
    sum0.intoArray(c, ci);
    sum1.intoArray(c, ci + LANES);
  }

  private static void one(
      float[] a, int ai, int inner, float[] m, int mi, int stride, float[] c, int ci) {
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int k = 0; k < inner; k++) {
      FloatVector factor = FloatVector.broadcast(SPECIES, a[ai + k]);
      sum = FloatVector.fromArray(SPECIES, m, mi + k * stride).fma(factor, sum);
    }
    sum.intoArray(c, ci);
  }
}
