package io.attune.device.cpu;

import static io.attune.device.cpu.CpuMath.EXP_MAX;
import static io.attune.device.cpu.CpuMath.EXP_MIN;
import static io.attune.device.cpu.CpuMath.LN2_HIGH;
import static io.attune.device.cpu.CpuMath.LN2_LOW;
import static io.attune.device.cpu.CpuMath.LOG2_E;
import static io.attune.device.cpu.CpuMath.QUICK;
import static io.attune.device.cpu.CpuMath.ROUNDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link CpuMath} for whole vectors, step for step the same. The range methods do as many whole
 * vectors as fit and return how many elements that were; the rest is the caller's.
 *
 * <p>They call FloatVector directly, whose methods C2 always inlines: past 18,000 nodes of one
 * compilation it inlines no other method, and every vector passed to one is boxed.
 */
final class VectorMath {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorMath() {}

  /** Small enough to be inlined into every hot loop, so that no vector is boxed. */
  static FloatVector exp(FloatVector x) {
    // Not min and max: what they do about NaN and -0 costs four more instructions each.
    FloatVector c = x.blend(EXP_MAX, x.compare(VectorOperators.GT, EXP_MAX));
    c = c.blend(EXP_MIN, c.compare(VectorOperators.LT, EXP_MIN));
    FloatVector shifted = c.fma(LOG2_E, ROUNDER);
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), c);
    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p = r.fma(CpuMath.E6, CpuMath.E5);
    p = r.fma(p, FloatVector.broadcast(SPECIES, CpuMath.E4));
    p = r.fma(p, FloatVector.broadcast(SPECIES, CpuMath.E3));
    p = r.fma(p, FloatVector.broadcast(SPECIES, CpuMath.E2));
    FloatVector e = r.mul(r).fma(p, r).add(1f);
    IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return e.add(e).mul(power.add(CpuMath.HALF_BITS).reinterpretAsFloats());
  }

  private static FloatVector sigmoid(FloatVector x) {
    return FloatVector.broadcast(SPECIES, 1f).div(exp(x.neg()).add(1f));
  }

  static int exp(float[] x, int xo, float[] y, int yo, int n) {
    int end = n - n % LANES;
    for (int i = 0; i < end; i += LANES) {
      exp(FloatVector.fromArray(SPECIES, x, xo + i)).intoArray(y, yo + i);
    }
    return end;
  }

  static int quickGelu(float[] x, int xo, float[] y, int yo, int n) {
    int end = n - n % LANES;
    for (int i = 0; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, xo + i);
      v.mul(sigmoid(v.mul(QUICK))).intoArray(y, yo + i);
    }
    return end;
  }

  static int quickGeluBackward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    int end = n - n % LANES;
    for (int i = 0; i < end; i += LANES) {
      FloatVector z = FloatVector.fromArray(SPECIES, x, xo + i).mul(QUICK);
      FloatVector s = sigmoid(z);
      FloatVector derivative =
          s.mul(
              z.fma(FloatVector.broadcast(SPECIES, 1f).sub(s), FloatVector.broadcast(SPECIES, 1f)));
      FloatVector.fromArray(SPECIES, dy, dyo + i).mul(derivative).intoArray(dx, dxo + i);
    }
    return end;
  }
}
