package io.attune.device.cpu;

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
