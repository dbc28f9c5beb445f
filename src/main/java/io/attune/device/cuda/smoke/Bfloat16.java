package io.attune.device.cuda.smoke;

/** The upper half of a float32, rounded to nearest, ties to even; finite values only. */
final class Bfloat16 {
  private Bfloat16() {}

  static short bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  static short[] bits(float[] values) {
    short[] bits = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = bits(values[i]);
    }
    return bits;
  }

  /** Rounds in place to what bfloat16 can hold. */
  static void round(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(bits(values[i]) << 16);
    }
  }
}
