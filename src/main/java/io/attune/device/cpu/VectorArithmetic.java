package io.attune.device.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link CpuArithmetic} on as many whole vectors as fit n; each method returns how many elements
 * that were. C2 does not vectorise such loops by itself where it cannot tell whether arrays
 * overlap. They call FloatVector directly: see {@link VectorMath}.
 */
final class VectorArithmetic {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;
  private static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, VectorShape.forBitSize(VectorWidth.BITS));
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.BITS / 2));

  private VectorArithmetic() {}

  static int scale(float alpha, float[] x, int xi, float[] y, int yi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xi + i).mul(alpha).intoArray(y, yi + i);
    }
    return end;
  }

  static int shift(float[] x, int xi, float offset, float[] y, int yi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xi + i).add(offset).intoArray(y, yi + i);
    }
    return end;
  }

  static int add(float[] x, int xi, float[] y, int yi, float[] z, int zi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xi + i)
          .add(FloatVector.fromArray(SPECIES, y, yi + i))
          .intoArray(z, zi + i);
    }
    return end;
  }

  static int combine(
      float alpha, float[] x, int xi, float beta, float[] y, int yi, float[] z, int zi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xi + i)
          .mul(alpha)
          .add(FloatVector.fromArray(SPECIES, y, yi + i).mul(beta))
          .intoArray(z, zi + i);
    }
    return end;
  }

  static int difference(
      float alpha, float[] x, int xi, float[] y, int yi, float[] z, int zi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, x, xi + i)
          .sub(FloatVector.fromArray(SPECIES, y, yi + i))
          .mul(alpha)
          .intoArray(z, zi + i);
    }
    return end;
  }

  static int max(float[] max, int mi, float[] x, int xi, int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector.fromArray(SPECIES, max, mi + i)
          .max(FloatVector.fromArray(SPECIES, x, xi + i))
          .intoArray(max, mi + i);
    }
    return end;
  }

  static int addTo(double[] sums, int at, float[] x, int xi, int n) {
    int end = DOUBLES.loopBound(n);
    for (int i = 0; i < end; i += DOUBLES.length()) {
      DoubleVector.fromArray(DOUBLES, sums, at + i)
          .add(FloatVector.fromArray(HALF, x, xi + i).convertShape(VectorOperators.F2D, DOUBLES, 0))
          .intoArray(sums, at + i);
    }
    return end;
  }
}
