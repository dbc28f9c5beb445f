package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The ReLU and its backward pass, whose gradient at 0 is 0. */
final class CpuMask {
  private CpuMask() {}

  /** {@code x = max(x, 0)}. */
  static void rectify(float[] x, int xi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : Vectors.rectify(x, xi, n);
    for (; i < n; i++) {
      x[xi + i] = Math.max(0, x[xi + i]);
    }
  }

  /** {@code y = x} where y0 is above 0, and 0 elsewhere. */
  static void positive(float[] y0, int y0i, float[] x, int xi, float[] y, int yi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : Vectors.positive(y0, y0i, x, xi, y, yi, n);
    for (; i < n; i++) {
      y[yi + i] = y0[y0i + i] > 0 ? x[xi + i] : 0;
    }
  }

  /** Whole vectors; apart, so that scalar code never loads the module of vectors. */
  private static final class Vectors {
    private static final int LANES = VectorWidth.LANES;

    static int rectify(float[] x, int xi, int n) {
      int end = n - n % LANES;
      for (int i = 0; i < end; i += LANES) {
        FloatVector.fromArray(VectorWidth.SPECIES, x, xi + i).max(0).intoArray(x, xi + i);
      }
      return end;
    }

    static int positive(float[] y0, int y0i, float[] x, int xi, float[] y, int yi, int n) {
      int end = n - n % LANES;
      FloatVector zero = FloatVector.zero(VectorWidth.SPECIES);
      for (int i = 0; i < end; i += LANES) {
        FloatVector v0 = FloatVector.fromArray(VectorWidth.SPECIES, y0, y0i + i);
        FloatVector v = FloatVector.fromArray(VectorWidth.SPECIES, x, xi + i);
        zero.blend(v, v0.compare(VectorOperators.GT, zero)).intoArray(y, yi + i);
      }
      return end;
    }
  }
}
