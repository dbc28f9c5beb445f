package io.attune.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Noise on one row of K dimensions; all images of a time share what is indexed from 0. */
final class InjectionRows {
  private InjectionRows() {}

  /** {@code out = ReLU(beta raw) + floor}. */
  static void quiet(float[] raw, int ri, float beta, float floor, float[] out, int oi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : Vectors.quiet(raw, ri, beta, floor, out, oi, n);
    for (; i < n; i++) {
      out[oi + i] = Math.max(0, beta * raw[ri + i]) + floor;
    }
  }

  /** {@code draw = beta dout} where {@code beta raw} is above 0, and 0 elsewhere. */
  static void quietBackward(
      float[] raw, int ri, float beta, float[] dout, int gi, float[] draw, int wi, int n) {
    CpuArithmetic.scale(beta, dout, gi, draw, wi, n);
    if (beta > 0) {
      CpuMask.positive(raw, ri, draw, wi, draw, wi, n);
    }
  }

  /** {@code out = ReLU(beta (raw + spread normal)) + floor}. */
  static void noisy(
      float[] raw,
      int ri,
      float beta,
      float[] spread,
      float[] normal,
      int ni,
      float[] floor,
      int fi,
      float[] out,
      int oi,
      int n) {
    int i =
        VectorWidth.BITS == 0
            ? 0
            : Vectors.noisy(raw, ri, beta, spread, normal, ni, floor, fi, out, oi, n);
    for (; i < n; i++) {
      float argument = beta * Math.fma(spread[i], normal[ni + i], raw[ri + i]);
      out[oi + i] = Math.max(0, argument) + floor[fi + i];
    }
  }

  /**
   * {@code draw = beta dout} where {@link #noisy}'s ReLU was open, and 0 elsewhere; {@code product
   * = draw normal}.
   */
  static void noisyBackward(
      float[] raw,
      int ri,
      float beta,
      float[] spread,
      float[] normal,
      int ni,
      float[] dout,
      int gi,
      float[] draw,
      int wi,
      float[] product,
      int n) {
    int i =
        VectorWidth.BITS == 0
            ? 0
            : Vectors.noisyBackward(
                raw, ri, beta, spread, normal, ni, dout, gi, draw, wi, product, n);
    for (; i < n; i++) {
      float argument = beta * Math.fma(spread[i], normal[ni + i], raw[ri + i]);
      draw[wi + i] = argument > 0 ? beta * dout[gi + i] : 0;
      product[i] = draw[wi + i] * normal[ni + i];
    }
  }

  /** {@code draw += factor (raw - mean)}. */
  static void addDeviation(
      float[] factor, float[] raw, int ri, float[] mean, float[] draw, int wi, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : Vectors.addDeviation(factor, raw, ri, mean, draw, wi, n);
    for (; i < n; i++) {
      draw[wi + i] = Math.fma(factor[i], raw[ri + i] - mean[i], draw[wi + i]);
    }
  }

  /**
   * Whole vectors; apart, so that scalar code never loads the module of vectors. They call
   * FloatVector directly: see {@link VectorMath}.
   */
  private static final class Vectors {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = VectorWidth.LANES;

    static int quiet(float[] raw, int ri, float beta, float floor, float[] out, int oi, int n) {
      int end = n - n % LANES;
      for (int i = 0; i < end; i += LANES) {
        FloatVector.fromArray(SPECIES, raw, ri + i)
            .mul(beta)
            .max(0)
            .add(floor)
            .intoArray(out, oi + i);
      }
      return end;
    }

    static int noisy(
        float[] raw,
        int ri,
        float beta,
        float[] spread,
        float[] normal,
        int ni,
        float[] floor,
        int fi,
        float[] out,
        int oi,
        int n) {
      int end = n - n % LANES;
      for (int i = 0; i < end; i += LANES) {
        FloatVector argument =
            FloatVector.fromArray(SPECIES, spread, i)
                .fma(
                    FloatVector.fromArray(SPECIES, normal, ni + i),
                    FloatVector.fromArray(SPECIES, raw, ri + i))
                .mul(beta);
        argument.max(0).add(FloatVector.fromArray(SPECIES, floor, fi + i)).intoArray(out, oi + i);
      }
      return end;
    }

    static int noisyBackward(
        float[] raw,
        int ri,
        float beta,
        float[] spread,
        float[] normal,
        int ni,
        float[] dout,
        int gi,
        float[] draw,
        int wi,
        float[] product,
        int n) {
      int end = n - n % LANES;
      FloatVector zero = FloatVector.zero(SPECIES);
      for (int i = 0; i < end; i += LANES) {
        FloatVector noise = FloatVector.fromArray(SPECIES, normal, ni + i);
        FloatVector argument =
            FloatVector.fromArray(SPECIES, spread, i)
                .fma(noise, FloatVector.fromArray(SPECIES, raw, ri + i))
                .mul(beta);
        FloatVector passed =
            zero.blend(
                FloatVector.fromArray(SPECIES, dout, gi + i).mul(beta),
                argument.compare(VectorOperators.GT, zero));
        passed.intoArray(draw, wi + i);
        passed.mul(noise).intoArray(product, i);
      }
      return end;
    }

    static int addDeviation(
        float[] factor, float[] raw, int ri, float[] mean, float[] draw, int wi, int n) {
      int end = n - n % LANES;
      for (int i = 0; i < end; i += LANES) {
        FloatVector centred =
            FloatVector.fromArray(SPECIES, raw, ri + i)
                .sub(FloatVector.fromArray(SPECIES, mean, i));
        FloatVector.fromArray(SPECIES, factor, i)
            .fma(centred, FloatVector.fromArray(SPECIES, draw, wi + i))
            .intoArray(draw, wi + i);
      }
      return end;
    }
  }
}
