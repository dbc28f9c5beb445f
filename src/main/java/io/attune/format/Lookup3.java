package io.attune.format;

/**
 * The checksum of HDF5's metadata: Bob Jenkins' lookup3 hash "hashlittle" with an initial value of
 * 0, over the bytes in little-endian words of 32 bits.
 */
final class Lookup3 {
  private static final int START = 0xdeadbeef;

  private Lookup3() {}

  static int of(byte[] bytes, int from, int length) {
    int a = START + length;
    int b = a;
    int c = a;
    int at = from;
    int left = length;
    for (; left > 12; at += 12, left -= 12) {
      a += word(bytes, at, 4);
      b += word(bytes, at + 4, 4);
      c += word(bytes, at + 8, 4);
      a = (a - c) ^ Integer.rotateLeft(c, 4);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 6);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 8);
      b += a;
      a = (a - c) ^ Integer.rotateLeft(c, 16);
      c += b;
      b = (b - a) ^ Integer.rotateLeft(a, 19);
      a += c;
      c = (c - b) ^ Integer.rotateLeft(b, 4);
      b += a;
    }
    if (left == 0) {
      return c;
    }
    a += word(bytes, at, Math.min(4, left));
    b += word(bytes, at + 4, Math.clamp(left - 4, 0, 4));
    c += word(bytes, at + 8, Math.clamp(left - 8, 0, 4));
    c = (c ^ b) - Integer.rotateLeft(b, 14);
    a = (a ^ c) - Integer.rotateLeft(c, 11);
    b = (b ^ a) - Integer.rotateLeft(a, 25);
    c = (c ^ b) - Integer.rotateLeft(b, 16);
    a = (a ^ c) - Integer.rotateLeft(c, 4);
    b = (b ^ a) - Integer.rotateLeft(a, 14);
    return (c ^ b) - Integer.rotateLeft(b, 24);
  }

  private static int word(byte[] bytes, int at, int count) {
    int word = 0;
    for (int i = 0; i < count; i++) {
      word |= (bytes[at + i] & 255) << (8 * i);
    }
    return word;
  }
}
