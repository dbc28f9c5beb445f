package io.attune.device.cpu;

import static io.attune.device.cpu.LaneSwaps.BY_1;
import static io.attune.device.cpu.LaneSwaps.BY_2;
import static io.attune.device.cpu.LaneSwaps.BY_4;
import static io.attune.device.cpu.LaneSwaps.BY_8;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The element-wise parts of {@link CpuLayerNorm} on as many whole vectors as fit n; each returns
 * how many elements that were.
 */
final class VectorLayerNorm {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
  private static final int LANES = VectorWidth.LANES;

  private VectorLayerNorm() {}

  /** {@code y = (x - mean) rstd gamma + beta}. */
  static int normalise(
      float[] x,
      int xi,
      float mean,
      float rstd,
      float[] gamma,
      int gi,
      float[] beta,
      int bi,
      float[] y,
      int yi,
      int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector h = FloatVector.fromArray(SPECIES, x, xi + i).sub(mean).mul(rstd);
      h.mul(FloatVector.fromArray(SPECIES, gamma, gi + i))
          .add(FloatVector.fromArray(SPECIES, beta, bi + i))
          .intoArray(y, yi + i);
    }
    return end;
  }

  /** {@code dgamma += dy (x - mean) rstd}. */
  static int scaleGradient(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float mean,
      float rstd,
      float[] dgamma,
      int at,
      int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector h = FloatVector.fromArray(SPECIES, x, xi + i).sub(mean).mul(rstd);
      FloatVector.fromArray(SPECIES, dgamma, at + i)
          .add(FloatVector.fromArray(SPECIES, dy, dyi + i).mul(h))
          .intoArray(dgamma, at + i);
    }
    return end;
  }

  /**
   * In one pass over a row, {@code dgamma += dy h} and {@code dbeta += dy} where {@code parameters}
   * says so, and the sums of {@code g = dy gamma} and of {@code g h}, of at most n/lanes terms in a
   * lane, then by halves in one order.
   *
   * @param sums takes both at {@code to} and {@code to + 1}
   */
  static int gradientSums(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      boolean parameters,
      float[] dgamma,
      float[] dbeta,
      int at,
      float[] sums,
      int to,
      int n) {
    FloatVector sum = FloatVector.zero(SPECIES);
    FloatVector along = sum;
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector h = FloatVector.fromArray(SPECIES, x, xi + i).sub(mean).mul(rstd);
      FloatVector d = FloatVector.fromArray(SPECIES, dy, dyi + i);
      if (parameters) {
        FloatVector.fromArray(SPECIES, dgamma, at + i).add(d.mul(h)).intoArray(dgamma, at + i);
        FloatVector.fromArray(SPECIES, dbeta, at + i).add(d).intoArray(dbeta, at + i);
      }
      FloatVector g = d.mul(FloatVector.fromArray(SPECIES, gamma, gi + i));
      sum = sum.add(g);
      along = g.fma(h, along);
    }
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
      along = along.add(along.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
      along = along.add(along.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    along = along.add(along.rearrange(BY_2));
    sums[to] = sum.add(sum.rearrange(BY_1)).lane(0);
    sums[to + 1] = along.add(along.rearrange(BY_1)).lane(0);
    return end;
  }

  /** {@code dx = rstd (dy gamma - meanG - h meanGh)}, added to dx when {@code accumulate}. */
  static int inputGradient(
      float[] dy,
      int dyi,
      float[] x,
      int xi,
      float[] gamma,
      int gi,
      float mean,
      float rstd,
      float meanG,
      float meanGh,
      float[] dx,
      int dxi,
      boolean accumulate,
      int n) {
    int end = SPECIES.loopBound(n);
    for (int i = 0; i < end; i += LANES) {
      FloatVector h = FloatVector.fromArray(SPECIES, x, xi + i).sub(mean).mul(rstd);
      FloatVector g =
          FloatVector.fromArray(SPECIES, dy, dyi + i)
              .mul(FloatVector.fromArray(SPECIES, gamma, gi + i));
      FloatVector gradient = g.sub(meanG).sub(h.mul(meanGh)).mul(rstd);
      if (accumulate) {
        gradient = gradient.add(FloatVector.fromArray(SPECIES, dx, dxi + i));
      }
      gradient.intoArray(dx, dxi + i);
    }
    return end;
  }
}
