package io.attune.device.cpu;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.PhiloxOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** The draws of {@link Philox}, four to a block, each block computed once. */
final class CpuPhilox implements PhiloxOps {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long WORD = 0xFFFFFFFFL;

  private final CpuThreads threads;
  private final Draw draw = new Draw();

  CpuPhilox(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void uniform(PhiloxKey key, long first, float low, float high, Tensor target) {
    draw(key, first, low, high - low, false, target);
  }

  @Override
  public void normal(PhiloxKey key, long first, float mean, float deviation, Tensor target) {
    draw(key, first, mean, deviation, true, target);
  }

  private void draw(
      PhiloxKey key, long first, float base, float scale, boolean normal, Tensor target) {
    Shapes.contiguous(target);
    draw.key = key;
    draw.first = first;
    draw.base = base;
    draw.scale = scale;
    draw.normal = normal;
    draw.run(threads, target, target, target);
  }

  /**
   * {@code target = base + scale draw}: whole blocks at once, what is left of two others singly.
   */
  private static final class Draw extends SpanTask {
    PhiloxKey key;
    long first;
    float base;
    float scale;
    boolean normal;

    @Override
    void span(Tensor target, int at, Tensor y, int yi, Tensor z, int zi, int n) {
      float[] values = CpuBuffer.floats(target);
      long from = first + at - CpuBuffer.offset(target);
      int head = (int) Math.min(n, -from & 3);
      int blocks = (n - head) / 4;
      for (int i = 0; i < head; i++) {
        values[at + i] = single(key, from + i, base, scale, normal);
      }
      blocks(key, (from + head) >>> 2, blocks, base, scale, normal, values, at + head);
      for (int i = head + 4 * blocks; i < n; i++) {
        values[at + i] = single(key, from + i, base, scale, normal);
      }
    }
  }

  private static float single(PhiloxKey key, long index, float base, float scale, boolean normal) {
    return normal
        ? (float) (base + scale * Philox.normal(key, index))
        : base + scale * Philox.toUniform(Philox.bits(key, index));
  }

  private static void blocks(
      PhiloxKey key,
      long block,
      int blocks,
      float base,
      float scale,
      boolean normal,
      float[] target,
      int at) {
    int key0 = (int) key.seed();
    int key1 = (int) (key.seed() >>> 32);
    for (int i = 0; i < blocks; i++) {
      int c0 = (int) (block + i);
      int c1 = (int) ((block + i) >>> 32);
      int c2 = key.stream();
      int c3 = key.step();
      int k0 = key0;
      int k1 = key1;
      for (int round = 0; round < 10; round++) {
        long product0 = MULTIPLIER_0 * (c0 & WORD);
        long product1 = MULTIPLIER_1 * (c2 & WORD);
        c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
        c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
        c1 = (int) product1;
        c3 = (int) product0;
        k0 += WEYL_0;
        k1 += WEYL_1;
      }
      int to = at + 4 * i;
      if (normal) {
        normals(c0, c1, base, scale, target, to);
        normals(c2, c3, base, scale, target, to + 2);
      } else {
        target[to] = base + scale * Philox.toUniform(c0);
        target[to + 1] = base + scale * Philox.toUniform(c1);
        target[to + 2] = base + scale * Philox.toUniform(c2);
        target[to + 3] = base + scale * Philox.toUniform(c3);
      }
    }
  }

  /** The two normal numbers of a pair of words, as {@link Philox#normal} computes each. */
  private static void normals(
      int word0, int word1, float mean, float deviation, float[] target, int at) {
    double radius = Math.sqrt(-2 * Math.log(((word0 & WORD) + 1) * 0x1p-32));
    double angle = 2 * Math.PI * ((word1 & WORD) * 0x1p-32);
    target[at] = (float) (mean + deviation * (radius * Math.cos(angle)));
    target[at + 1] = (float) (mean + deviation * (radius * Math.sin(angle)));
  }
}
