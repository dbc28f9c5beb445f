package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link CpuAdamW} on whole vectors, step for step the same. */
final class VectorAdamW {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;

  private VectorAdamW() {}

  /** Updates as many whole vectors as fit n; returns how many elements that were. */
  static int update(
      float[] p,
      int pi,
      float[] g,
      int gi,
      float[] m,
      int mi,
      float[] v,
      int vi,
      int n,
      CpuAdamW.Step c) {
    float keep = c.keep;
    float rate = c.rate;
    float root = c.root;
    float gain1 = c.gain1;
    float decay2 = c.decay2;
    float gain2 = c.gain2;
    float epsilon = c.epsilon;
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += SPECIES.length()) {
      FloatVector gradient = FloatVector.fromArray(SPECIES, g, gi + i);
      FloatVector first = FloatVector.fromArray(SPECIES, m, mi + i);
      first = first.add(gradient.sub(first).mul(gain1));
      FloatVector second = FloatVector.fromArray(SPECIES, v, vi + i).mul(decay2);
      second = second.add(gradient.mul(gain2).mul(gradient));
      first.intoArray(m, mi + i);
      second.intoArray(v, vi + i);
      FloatVector denominator = second.lanewise(VectorOperators.SQRT).mul(root).add(epsilon);
      FloatVector step = first.mul(rate).div(denominator);
      FloatVector.fromArray(SPECIES, p, pi + i).mul(keep).sub(step).intoArray(p, pi + i);
    }
    return end;
  }
}
