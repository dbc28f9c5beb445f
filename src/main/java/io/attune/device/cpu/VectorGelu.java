package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Gelu} on as many whole vectors as fit n; each method returns how many elements that were.
 * Magnitudes are clamped by a comparison: what min does about NaN and -0 costs four more
 * instructions.
 */
final class VectorGelu {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorGelu() {}

  static int values(float[] x, int xo, float[] y, int yo, int count) {
    int end = SPECIES.loopBound(count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, xo + i);
      FloatVector u = v.abs();
      u = u.blend(Gelu.END, u.compare(VectorOperators.GT, Gelu.END));
      FloatVector s = FloatVector.broadcast(SPECIES, Gelu.END).sub(u);
      FloatVector n = u.fma(Gelu.N4, Gelu.N3);
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.N2));
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.N1));
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.N0));
      FloatVector d = u.fma(Gelu.D6, Gelu.D5);
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.D4));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.D3));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.D2));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.D1));
      d = u.fma(d, FloatVector.broadcast(SPECIES, 1f));
      s = s.mul(s);
      FloatVector lost = u.mul(s.mul(s).mul(n).div(d));
      FloatVector zero = FloatVector.zero(SPECIES);
      zero.blend(v, v.compare(VectorOperators.GT, 0f)).sub(lost).intoArray(y, yo + i);
    }
    return end;
  }

  static int backward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int count) {
    int end = SPECIES.loopBound(count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, xo + i);
      FloatVector u = v.abs();
      u = u.blend(Gelu.SLOPE_END, u.compare(VectorOperators.GT, Gelu.SLOPE_END));
      FloatVector s = FloatVector.broadcast(SPECIES, Gelu.SLOPE_END).sub(u);
      FloatVector n = u.fma(Gelu.SLOPE_N5, Gelu.SLOPE_N4);
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.SLOPE_N3));
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.SLOPE_N2));
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.SLOPE_N1));
      n = u.fma(n, FloatVector.broadcast(SPECIES, Gelu.SLOPE_N0));
      FloatVector d = u.fma(Gelu.SLOPE_D6, Gelu.SLOPE_D5);
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.SLOPE_D4));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.SLOPE_D3));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.SLOPE_D2));
      d = u.fma(d, FloatVector.broadcast(SPECIES, Gelu.SLOPE_D1));
      d = u.fma(d, FloatVector.broadcast(SPECIES, 1f));
      s = s.mul(s);
      s = s.mul(s);
      FloatVector below = s.mul(s).mul(n).div(d);
      FloatVector above = FloatVector.broadcast(SPECIES, 1f).sub(below);
      FloatVector derivative = above.blend(below, v.compare(VectorOperators.LT, 0f));
      FloatVector.fromArray(SPECIES, dy, dyo + i).mul(derivative).intoArray(dx, dxo + i);
    }
    return end;
  }
}
