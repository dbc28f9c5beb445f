package io.attune.clip;

/**
 * The printable stand-ins of bytes in byte-level BPE: bytes that are printable Latin-1 characters
 * stand for themselves, the other 68 are mapped in order to U+0100, U+0101, ...
 */
final class ByteSymbols {
  private static final char[] SYMBOL_OF_BYTE = symbols();
  private static final short[] BYTE_OF_SYMBOL = bytes();

  private ByteSymbols() {}

  /** The symbol of byte {@code value} in 0..255. */
  static char symbol(int value) {
    return SYMBOL_OF_BYTE[value];
  }

  /** The byte that {@code symbol} stands for, or -1 where it stands for none. */
  static int byteOf(char symbol) {
    return symbol < BYTE_OF_SYMBOL.length ? BYTE_OF_SYMBOL[symbol] : -1;
  }

  /**
   * The bytes in the order in which CLIP's vocabulary lists them: printable ones first, then the
   * mapped ones.
   */
  static int[] vocabularyOrder() {
    int[] order = new int[256];
    int n = 0;
    for (int b = 0; b < 256; b++) {
      if (printable(b)) {
        order[n++] = b;
      }
    }
    for (int b = 0; b < 256; b++) {
      if (!printable(b)) {
        order[n++] = b;
      }
    }
    return order;
  }

  private static boolean printable(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  }

  private static char[] symbols() {
    char[] symbols = new char[256];
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      symbols[b] = printable(b) ? (char) b : next++;
    }
    return symbols;
  }

  private static short[] bytes() {
    short[] bytes = new short[0x100 + 68];
    java.util.Arrays.fill(bytes, (short) -1);
    for (int b = 0; b < 256; b++) {
      bytes[SYMBOL_OF_BYTE[b]] = (short) b;
    }
    return bytes;
  }
}
