package io.attune.device.cpu;

import static io.attune.device.cpu.LaneSwaps.BY_1;
import static io.attune.device.cpu.LaneSwaps.BY_2;
import static io.attune.device.cpu.LaneSwaps.BY_4;
import static io.attune.device.cpu.LaneSwaps.BY_8;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorLayerNorm}'s gradients for two rows at once, with the same bits. Java's arrays begin
 * where they fall, so that most vectors lie across two cache lines and cost two accesses; how many
 * do differs from one start to the next. Two rows share those of gamma, dgamma and dbeta: 14 loads
 * and 4 stores instead of 16 and 6 for two vectors. Four rows gain nothing more.
 */
final class VectorLayerNormPair {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorLayerNormPair() {}

  /**
   * As {@link VectorLayerNorm#gradientSums}, of the rows at {@code dy0}, {@code x0} and at {@code
   * dy1}, {@code x1}.
   *
   * @param sums takes those of the first row at {@code to} and {@code to + 1}, of the second at the
   *     next two
   */
  static int gradientSums(
      float[] dy,
      int dy0,
      int dy1,
      float[] x,
      int x0,
      int x1,
      float[] gamma,
      int gi,
      float mean0,
      float mean1,
      float rstd0,
      float rstd1,
      boolean parameters,
      float[] dgamma,
      float[] dbeta,
      int at,
      float[] sums,
      int to,
      int n) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector along0 = sum0;
    FloatVector along1 = sum0;
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector h0 = FloatVector.fromArray(SPECIES, x, x0 + i).sub(mean0).mul(rstd0);
      FloatVector h1 = FloatVector.fromArray(SPECIES, x, x1 + i).sub(mean1).mul(rstd1);
      FloatVector d0 = FloatVector.fromArray(SPECIES, dy, dy0 + i);
      FloatVector d1 = FloatVector.fromArray(SPECIES, dy, dy1 + i);
      if (parameters) {
        FloatVector.fromArray(SPECIES, dgamma, at + i)
            .add(d0.mul(h0))
            .add(d1.mul(h1))
            .intoArray(dgamma, at + i);
        FloatVector.fromArray(SPECIES, dbeta, at + i).add(d0).add(d1).intoArray(dbeta, at + i);
      }
      FloatVector scale = FloatVector.fromArray(SPECIES, gamma, gi + i);
      FloatVector g0 = d0.mul(scale);
      FloatVector g1 = d1.mul(scale);
      sum0 = sum0.add(g0);
      sum1 = sum1.add(g1);
      along0 = g0.fma(h0, along0);
      along1 = g1.fma(h1, along1);
    }
    if (LANES > 8) {
      sum0 = sum0.add(sum0.rearrange(BY_8));
      sum1 = sum1.add(sum1.rearrange(BY_8));
      along0 = along0.add(along0.rearrange(BY_8));
      along1 = along1.add(along1.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum0 = sum0.add(sum0.rearrange(BY_4));
      sum1 = sum1.add(sum1.rearrange(BY_4));
      along0 = along0.add(along0.rearrange(BY_4));
      along1 = along1.add(along1.rearrange(BY_4));
    }
    sum0 = sum0.add(sum0.rearrange(BY_2));
    sum1 = sum1.add(sum1.rearrange(BY_2));
    along0 = along0.add(along0.rearrange(BY_2));
    along1 = along1.add(along1.rearrange(BY_2));
    sums[to] = sum0.add(sum0.rearrange(BY_1)).lane(0);
    sums[to + 1] = along0.add(along0.rearrange(BY_1)).lane(0);
    sums[to + 2] = sum1.add(sum1.rearrange(BY_1)).lane(0);
    sums[to + 3] = along1.add(along1.rearrange(BY_1)).lane(0);
    return end;
  }

  /**
   * As {@link VectorLayerNorm#inputGradient}, of the same two rows.
   *
   * @param sums what {@link #gradientSums} left at {@code from}, summed over all n
   */
  static int inputGradient(
      float[] dy,
      int dy0,
      int dy1,
      float[] x,
      int x0,
      int x1,
      float[] gamma,
      int gi,
      float mean0,
      float mean1,
      float rstd0,
      float rstd1,
      float[] sums,
      int from,
      float[] dx,
      int dx0,
      int dx1,
      boolean accumulate,
      int n) {
    float g0 = sums[from] / n;
    float gh0 = sums[from + 1] / n;
    float g1 = sums[from + 2] / n;
    float gh1 = sums[from + 3] / n;
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector scale = FloatVector.fromArray(SPECIES, gamma, gi + i);
      FloatVector h0 = FloatVector.fromArray(SPECIES, x, x0 + i).sub(mean0).mul(rstd0);
      FloatVector h1 = FloatVector.fromArray(SPECIES, x, x1 + i).sub(mean1).mul(rstd1);
      FloatVector d0 = FloatVector.fromArray(SPECIES, dy, dy0 + i).mul(scale);
      FloatVector d1 = FloatVector.fromArray(SPECIES, dy, dy1 + i).mul(scale);
      FloatVector gradient0 = d0.sub(g0).sub(h0.mul(gh0)).mul(rstd0);
      FloatVector gradient1 = d1.sub(g1).sub(h1.mul(gh1)).mul(rstd1);
      if (accumulate) {
        gradient0 = gradient0.add(FloatVector.fromArray(SPECIES, dx, dx0 + i));
        gradient1 = gradient1.add(FloatVector.fromArray(SPECIES, dx, dx1 + i));
      }
      gradient0.intoArray(dx, dx0 + i);
      gradient1.intoArray(dx, dx1 + i);
    }
    return end;
  }
}
