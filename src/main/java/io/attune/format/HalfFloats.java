package io.attune.format;

/**
 * The two 16-bit float formats. F16 is IEEE 754 binary16 (5 bits of exponent), BF16 the upper half
 * of a binary32 (8 bits of exponent). Narrowing rounds to the nearest, ties to even.
 */
public final class HalfFloats {
  private static final int BF16_SHIFT = 16;
  private static final int BF16_ROUNDING = 0x7fff;
  private static final short BF16_QUIET = 0x40;

  private HalfFloats() {}

  /** Exact. */
  public static float fromF16(short bits) {
    return Float.float16ToFloat(bits);
  }

  /** Exact. */
  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << BF16_SHIFT);
  }

  /** Nearest F16, ties to even; beyond 65504 an infinity. */
  public static short toF16(float value) {
    return Float.floatToFloat16(value);
  }

  /** Nearest BF16, ties to even; a NaN stays a NaN. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> BF16_SHIFT) | BF16_QUIET);
    }
    int odd = (bits >>> BF16_SHIFT) & 1;
    return (short) ((bits + BF16_ROUNDING + odd) >>> BF16_SHIFT);
  }
}
