package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link ColumnSoftmax} for whole vectors; a panel is two vectors wide. */
final class VectorSoftmax {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;
  private static final int COLUMNS = 2 * LANES;

  private VectorSoftmax() {}

  static void exponentiate(float[] s, int keys, float scale, float[] max, float[] sum) {
    for (int column = 0; column < COLUMNS; column += LANES) {
      exponentiate(s, column, keys, scale, max, sum);
    }
  }

  private static void exponentiate(
      float[] s, int column, int keys, float scale, float[] max, float[] sum) {
    FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int key = 0; key < keys; key++) {
      // Cheaper than max. A NaN is passed over here, and comes back in the sum below.
      FloatVector score = FloatVector.fromArray(SPECIES, s, key * COLUMNS + column);
      largest = largest.blend(score, score.compare(VectorOperators.GT, largest));
    }
    largest.mul(scale).intoArray(max, column);
    FloatVector total = FloatVector.zero(SPECIES);
    for (int key = 0; key < keys; key++) {
      int at = key * COLUMNS + column;
      FloatVector e = VectorMath.exp(FloatVector.fromArray(SPECIES, s, at).sub(largest).mul(scale));
      e.intoArray(s, at);
      total = total.add(e);
    }
    total.intoArray(sum, column);
  }

  static void probabilities(float[] s, int keys, float scale, float[] logSumExp) {
    for (int column = 0; column < COLUMNS; column += LANES) {
      FloatVector negated = FloatVector.fromArray(SPECIES, logSumExp, column).neg();
      FloatVector factor = FloatVector.broadcast(SPECIES, scale);
      for (int key = 0; key < keys; key++) {
        int at = key * COLUMNS + column;
        FloatVector exponent = FloatVector.fromArray(SPECIES, s, at).fma(factor, negated);
        exponent = exponent.blend(0f, exponent.compare(VectorOperators.GT, 0f));
        VectorMath.exp(exponent).intoArray(s, at);
      }
    }
  }

  static void scoreGradients(float[] p, float[] d, int keys, float[] delta, float scale) {
    for (int column = 0; column < COLUMNS; column += LANES) {
      FloatVector shift = FloatVector.fromArray(SPECIES, delta, column);
      for (int key = 0; key < keys; key++) {
        int at = key * COLUMNS + column;
        FloatVector.fromArray(SPECIES, d, at)
            .sub(shift)
            .mul(FloatVector.fromArray(SPECIES, p, at))
            .mul(scale)
            .intoArray(d, at);
      }
    }
  }

  static void scaleColumns(float[] s, int rows, float[] factors) {
    for (int column = 0; column < COLUMNS; column += LANES) {
      FloatVector factor = FloatVector.fromArray(SPECIES, factors, column);
      for (int row = 0; row < rows; row++) {
        int at = row * COLUMNS + column;
        FloatVector.fromArray(SPECIES, s, at).mul(factor).intoArray(s, at);
      }
    }
  }
}
