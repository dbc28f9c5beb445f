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

  static float quickGelu(float x) {
    return x * sigmoid(QUICK * x);
  }

  /** {@code s (1 + 1.702 x (1 - s))}, s the sigmoid of 1.702 x. */
  static float quickGeluDerivative(float x) {
    float z = QUICK * x;
    float s = sigmoid(z);
    return s * Math.fma(z, 1 - s, 1);
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
      case GELU -> Gelu.values(x, xo, y, yo, n);
    }
  }

  /** {@code dx = dy f'(x)} on a range. */
  static void activateBackward(
      Activation activation, float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    switch (activation) {
      case QUICK_GELU -> quickGeluBackward(x, xo, dy, dyo, dx, dxo, n);
      case GELU -> Gelu.backward(x, xo, dy, dyo, dx, dxo, n);
    }
  }

  static void quickGelu(float[] x, int xo, float[] y, int yo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.quickGelu(x, xo, y, yo, n);
    for (; i < n; i++) {
      y[yo + i] = quickGelu(x[xo + i]);
    }
  }

  static void quickGeluBackward(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorMath.quickGeluBackward(x, xo, dy, dyo, dx, dxo, n);
    for (; i < n; i++) {
      dx[dxo + i] = dy[dyo + i] * quickGeluDerivative(x[xo + i]);
    }
  }
}
