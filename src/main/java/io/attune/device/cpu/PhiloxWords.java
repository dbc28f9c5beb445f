package io.attune.device.cpu;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Whole blocks of {@link io.attune.device.Philox}: four words each, in the order of the draws. */
final class PhiloxWords {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final long WEYL_0 = 0x9E3779B9L;
  private static final long WEYL_1 = 0xBB67AE85L;
  private static final long WORD = 0xFFFFFFFFL;

  private PhiloxWords() {}

  /**
   * Writes the words of {@code blocks} blocks.
   *
   * @param first number of the first block: that of its first draw over 4
   * @param words 4 {@code blocks} words from {@code at} on
   */
  static void fill(long seed, int stream, int step, long first, int blocks, int[] words, int at) {
    int block =
        VectorWidth.BITS == 0 ? 0 : Vectors.fill(seed, stream, step, first, blocks, words, at);
    for (; block < blocks; block++) {
      block(seed, stream, step, first + block, words, at + 4 * block);
    }
  }

  private static void block(long seed, int stream, int step, long block, int[] words, int at) {
    long c0 = block & WORD;
    long c1 = block >>> 32;
    long c2 = stream & WORD;
    long c3 = step & WORD;
    long k0 = seed & WORD;
    long k1 = seed >>> 32;
    for (int round = 0; round < 10; round++) {
      long product0 = MULTIPLIER_0 * c0;
      long product1 = MULTIPLIER_1 * c2;
      c0 = (product1 >>> 32) ^ c1 ^ k0;
      c2 = (product0 >>> 32) ^ c3 ^ k1;
      c1 = product1 & WORD;
      c3 = product0 & WORD;
      k0 = (k0 + WEYL_0) & WORD;
      k1 = (k1 + WEYL_1) & WORD;
    }
    words[at] = (int) c0;
    words[at + 1] = (int) c1;
    words[at + 2] = (int) c2;
    words[at + 3] = (int) c3;
  }

  /** As many blocks at once as a vector has 64-bit lanes: a word to a lane, its high half 0. */
  private static final class Vectors {
    private static final VectorShape SHAPE = VectorShape.forBitSize(VectorWidth.BITS);
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, SHAPE);
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
    private static final int LANES = LONGS.length();
    private static final LongVector COUNT = LongVector.zero(LONGS).addIndex(1);

    /**
     * Lane i/2 of the lower half, or of the upper half, of a vector's lanes. Moved as pairs of
     * ints: C2 does not compile shuffles of two lanes, which is all the longs that 128 bits hold.
     */
    private static final VectorShuffle<Integer> LOWER =
        VectorShuffle.fromOp(INTS, i -> i / 4 * 2 + i % 2);

    private static final VectorShuffle<Integer> UPPER =
        VectorShuffle.fromOp(INTS, i -> LANES + i / 4 * 2 + i % 2);

    /** -1 in every second lane, which the second of two vectors fills. */
    private static final IntVector SECOND = COUNT.and(1).neg().reinterpretAsInts();

    static int fill(long seed, int stream, int step, long first, int blocks, int[] words, int at) {
      int end = blocks - blocks % LANES;
      for (int block = 0; block < end; block += LANES) {
        LongVector number = COUNT.add(first + block);
        LongVector c0 = number.and(WORD);
        LongVector c1 = number.lanewise(VectorOperators.LSHR, 32);
        LongVector c2 = LongVector.broadcast(LONGS, stream & WORD);
        LongVector c3 = LongVector.broadcast(LONGS, step & WORD);
        long k0 = seed & WORD;
        long k1 = seed >>> 32;
        for (int round = 0; round < 10; round++) {
          // The masks tell the compiler that 32 x 32 bits are multiplied.
          LongVector product0 = c0.and(WORD).mul(LongVector.broadcast(LONGS, MULTIPLIER_0));
          LongVector product1 = c2.and(WORD).mul(LongVector.broadcast(LONGS, MULTIPLIER_1));
          c0 = product1.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c1);
          c0 = c0.lanewise(VectorOperators.XOR, k0);
          c2 = product0.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c3);
          c2 = c2.lanewise(VectorOperators.XOR, k1);
          c1 = product1.and(WORD);
          c3 = product0.and(WORD);
          k0 = (k0 + WEYL_0) & WORD;
          k1 = (k1 + WEYL_1) & WORD;
        }
        IntVector head = c0.or(c1.lanewise(VectorOperators.LSHL, 32)).reinterpretAsInts();
        IntVector tail = c2.or(c3.lanewise(VectorOperators.LSHL, 32)).reinterpretAsInts();
        int to = at + 4 * block;
        IntVector low = head.rearrange(LOWER);
        low = low.lanewise(VectorOperators.BITWISE_BLEND, tail.rearrange(LOWER), SECOND);
        low.intoArray(words, to);
        IntVector high = head.rearrange(UPPER);
        high = high.lanewise(VectorOperators.BITWISE_BLEND, tail.rearrange(UPPER), SECOND);
        high.intoArray(words, to + INTS.length());
      }
      return end;
    }
  }
}
