package io.attune.device;

/**
 * Philox 4x32-10 on the host (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). Draw i of a key is word {@code i mod 4} of the block with counter {@code (i/4
 * low, i/4 high, stream, step)} under the key {@code (seed low, seed high)}; so any draw can be
 * made without the ones before it.
 */
public final class Philox {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long WORD = 0xFFFFFFFFL;

  private final PhiloxKey key;
  private long next;

  /** A sequence that starts with draw 0 of {@code key}. */
  public Philox(PhiloxKey key) {
    this(key, 0);
  }

  /** A sequence that starts with draw {@code next} of {@code key}. */
  public Philox(PhiloxKey key, long next) {
    this.key = key;
    this.next = next;
  }

  /** Number of the draw that comes next. */
  public long position() {
    return next;
  }

  /** The next 32 random bits. */
  public int nextInt() {
    return bits(key, next++);
  }

  /** Uniform on 0..bound-1, without bias, by rejection. */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound must be at least 1, is " + bound);
    }
    long limit = (1L << 32) / bound * bound;
    while (true) {
      long draw = nextInt() & WORD;
      if (draw < limit) {
        return (int) (draw % bound);
      }
    }
  }

  /** Uniform on [0, 1), a multiple of 2^-24. */
  public float nextFloat() {
    return toUniform(nextInt());
  }

  /** Standard normal; consumes two draws (an even position is reached first). */
  public double nextNormal() {
    next += next & 1;
    double value = normal(key, next);
    next += 2;
    return value;
  }

  /** Draws a permutation of 0..n-1 by Fisher and Yates. */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** Draw {@code index} of {@code key}: 32 random bits. */
  public static int bits(PhiloxKey key, long index) {
    long block = index >>> 2;
    return word(
        (int) (index & 3),
        (int) block,
        (int) (block >>> 32),
        key.stream(),
        key.step(),
        (int) key.seed(),
        (int) (key.seed() >>> 32));
  }

  /** One of the four words of the block with this counter and key. */
  static int word(
      int which, int counter0, int counter1, int counter2, int counter3, int key0, int key1) {
    int c0 = counter0;
    int c1 = counter1;
    int c2 = counter2;
    int c3 = counter3;
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < 10; round++) {
      long product0 = MULTIPLIER_0 * (c0 & WORD);
      long product1 = MULTIPLIER_1 * (c2 & WORD);
      int n0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c1 = (int) product1;
      c3 = (int) product0;
      c0 = n0;
      c2 = n2;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    return switch (which) {
      case 0 -> c0;
      case 1 -> c1;
      case 2 -> c2;
      default -> c3;
    };
  }

  /** {@code (bits >>> 8) 2^-24}, on [0, 1). */
  public static float toUniform(int bits) {
    return (bits >>> 8) * 0x1p-24f;
  }

  /**
   * Normal number {@code index} of {@code key}, by Box and Muller from the pair of draws {@code
   * index & ~1}: {@code sqrt(-2 ln u1)} times cos (even index) or sin (odd index) of {@code 2 pi
   * u2}, with u1 = (word + 1) 2^-32 on (0, 1] and u2 = word 2^-32.
   */
  public static double normal(PhiloxKey key, long index) {
    long even = index & ~1L;
    double u1 = ((bits(key, even) & WORD) + 1) * 0x1p-32;
    double u2 = (bits(key, even + 1) & WORD) * 0x1p-32;
    double radius = Math.sqrt(-2 * Math.log(u1));
    return (index & 1) == 0
        ? radius * Math.cos(2 * Math.PI * u2)
        : radius * Math.sin(2 * Math.PI * u2);
  }
}
