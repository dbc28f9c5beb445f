package io.attune.device.cpu;

import io.attune.device.op.Activation;

/**
 * The exponential and what activations need of it, in f32, for one number and for ranges of arrays.
 * Ranges give bit for bit what the single numbers give, whatever the width of vectors: both follow
 * the same steps. Input and output ranges may be the same.
 *
 * <p>Exponential: {@code e^x = 2^n e^r} with n the nearest integer to x/ln 2, and {@code e^r = 1 +
 * r + r^2 P(r)}, P the minimax polynomial on |r| up to ln(2)/2 (3e-9 relative); within 1 ulp or so,
 * and 0 where it would be below 2^-125.
 *
 * <p>Normal distribution function: {@code Phi(-u) = e^(-u^2/2) G(t)}, {@code t = 1/(1 + 0.35 u)}, G
 * the minimax polynomial for u in 0..11 (3e-8 relative), so that tails keep their relative
 * accuracy.
 */
final class CpuMath {
  static final float LOG2_E = 1.44269504088896341f;
  static final float LN2_HIGH = 0x1.62e4p-1f;
  static final float LN2_LOW = 0x1.7f7d1cp-20f;

  /** Added and subtracted, it rounds to an integer; its low bits hold that integer. */
  static final float ROUNDER = 0x1.8p23f;

  /** Beyond these the exponential is infinite, or 0 instead of 2^-126 or less. */
  static final float EXP_MAX = 89f;

  static final float EXP_MIN = -87.3f;

  /** The bits of 2^-1: n is added to their exponent. */
  static final int HALF_BITS = 126 << 23;

  static final float E2 = 0x1.fffffcp-2f;
  static final float E3 = 0x1.555492p-3f;
  static final float E4 = 0x1.5558f2p-5f;
  static final float E5 = 0x1.1239e4p-7f;
  static final float E6 = 0x1.6a2434p-10f;

  static final float PHI_T = 0.35f;
  static final float G1 = 0.13962465524673462f;
  static final float G2 = 0.13980825245380402f;
  static final float G3 = 0.12020272016525269f;
  static final float G4 = 0.10410958528518677f;
  static final float G5 = -0.019930638372898102f;
  static final float G6 = 0.15471047163009644f;
  static final float G7 = -0.25192317366600037f;
  static final float G8 = 0.14218589663505554f;
  static final float G9 = -0.02878779172897339f;

  /** Phi(-15) is below the smallest float; so GELU of any number below is zero. */
  static final float PHI_END = 15f;

  /** {@code 1/sqrt(2 pi)}. */
  static final float NORMAL_DENSITY_0 = 0.398942280401432678f;

  static final float QUICK = 1.702f;

  private CpuMath() {}

  static float exp(float x) {
    float c = Math.max(EXP_MIN, Math.min(EXP_MAX, x));
    float shifted = Math.fma(c, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, c));
    float p = Math.fma(r, E6, E5);
    p = Math.fma(r, p, E4);
    p = Math.fma(r, p, E3);
    p = Math.fma(r, p, E2);
    float e = Math.fma(r * r, p, r) + 1;
    // n is at the low end of the bits. 2^n would overflow for the largest x, so e is doubled.
    int power = (Float.floatToRawIntBits(shifted) << 23) + HALF_BITS;
    return (e + e) * Float.intBitsToFloat(power);
  }

  /** {@code 1/(1 + e^-x)}. */
  static float sigmoid(float x) {
    return 1 / (1 + exp(-x));
  }

  /** {@code e^(-x^2/2)}, with the rounding error of the square made good. */
  static float gaussian(float x) {
    float square = x * x;
    float rest = Math.fma(x, x, -square);
    return exp(-0.5f * square) * Math.fma(-0.5f, rest, 1);
  }

  /** The standard normal distribution function, {@code (1 + erf(x/sqrt 2))/2}. */
  static float normalCdf(float x) {
    float u = Math.min(PHI_END, Math.abs(x));
    return normalCdf(x, u, gaussian(u));
  }

  private static float normalCdf(float x, float u, float gaussian) {
    float t = 1 / Math.fma(u, PHI_T, 1);
    float g = Math.fma(t, G9, G8);
    g = Math.fma(t, g, G7);
    g = Math.fma(t, g, G6);
    g = Math.fma(t, g, G5);
    g = Math.fma(t, g, G4);
    g = Math.fma(t, g, G3);
    g = Math.fma(t, g, G2);
    g = Math.fma(t, g, G1);
    float lower = gaussian * (t * g);
    return x < 0 ? lower : 1 - lower;
  }

  static float quickGelu(float x) {
    return x * sigmoid(QUICK * x);
  }

  /** {@code s (1 + 1.702 x (1 - s))}, s the sigmoid of 1.702 x. */
  static float quickGeluDerivative(float x) {
    float z = QUICK * x;
    float s = sigmoid(z);
    return s * Math.fma(z, 1 - s, 1);
  }

  static float gelu(float x) {
    return x * normalCdf(x);
  }

  /** {@code Phi(x) + x phi(x)}. */
  static float geluDerivative(float x) {
    float u = Math.min(PHI_END, Math.abs(x));
    float gaussian = gaussian(u);
    return Math.fma(x, gaussian * NORMAL_DENSITY_0, normalCdf(x, u, gaussian));
  }

  /** {@code y = e^x} on a range. */
  static void exp(float[] x, int xo, float[] y, int yo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.exp(x, xo, y, yo, n);
    for (; i < n; i++) {
      y[yo + i] = exp(x[xo + i]);
    }
  }

  /** {@code y = f(x)} on a range. */
  static void activate(Activation activation, float[] x, int xo, float[] y, int yo, int n) {
    switch (activation) {
      case QUICK_GELU -> quickGelu(x, xo, y, yo, n);
      case GELU -> gelu(x, xo, y, yo, n);
    }
  }

  /** {@code dx = dy f'(x)} on a range. */
  static void activateBackward(
      Activation activation, float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    switch (activation) {
      case QUICK_GELU -> quickGeluBackward(x, xo, dy, dyo, dx, dxo, n);
      case GELU -> geluBackward(x, xo, dy, dyo, dx, dxo, n);
    }
  }

  static void quickGelu(float[] x, int xo, float[] y, int yo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.quickGelu(x, xo, y, yo, n);
    for (; i < n; i++) {
      y[yo + i] = quickGelu(x[xo + i]);
    }
  }

  static void gelu(float[] x, int xo, float[] y, int yo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.gelu(x, xo, y, yo, n);
    for (; i < n; i++) {
      y[yo + i] = gelu(x[xo + i]);
    }
  }

  static void quickGeluBackward(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.quickGeluBackward(x, xo, dy, dyo, dx, dxo, n);
    for (; i < n; i++) {
      dx[dxo + i] = dy[dyo + i] * quickGeluDerivative(x[xo + i]);
    }
  }

  static void geluBackward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.geluBackward(x, xo, dy, dyo, dx, dxo, n);
    for (; i < n; i++) {
      dx[dxo + i] = dy[dyo + i] * geluDerivative(x[xo + i]);
    }
  }
}
