package io.attune.device.cpu;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.PhiloxOps;
import io.attune.tensor.Tensor;

/** The draws of {@link Philox}, four to a block, each block computed once. */
final class CpuPhilox implements PhiloxOps {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long WORD = 0xFFFFFFFFL;

  private final CpuThreads threads;

  CpuPhilox(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void uniform(PhiloxKey key, long first, float low, float high, Tensor target) {
    Shapes.contiguous(target);
    float[] values = CpuBuffer.floats(target);
    CpuSpans.run(
        threads,
        target,
        target,
        target,
        (at, y, z, n) -> {
          long from = first + at - CpuBuffer.offset(target);
          int head = (int) Math.min(n, -from & 3);
          int blocks = (n - head) / 4;
          for (int i = 0; i < head; i++) {
            values[at + i] = low + (high - low) * Philox.toUniform(Philox.bits(key, from + i));
          }
          uniformBlocks(key, (from + head) >>> 2, blocks, low, high - low, values, at + head);
          for (int i = head + 4 * blocks; i < n; i++) {
            values[at + i] = low + (high - low) * Philox.toUniform(Philox.bits(key, from + i));
          }
        });
  }

  @Override
  public void normal(PhiloxKey key, long first, float mean, float deviation, Tensor target) {
    Shapes.contiguous(target);
    float[] values = CpuBuffer.floats(target);
    CpuSpans.run(
        threads,
        target,
        target,
        target,
        (at, y, z, n) -> {
          long from = first + at - CpuBuffer.offset(target);
          for (int i = 0; i < n; i++) {
            values[at + i] = (float) (mean + deviation * Philox.normal(key, from + i));
          }
        });
  }

  private static void uniformBlocks(
      PhiloxKey key, long block, int blocks, float low, float range, float[] target, int at) {
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
      target[at + 4 * i] = low + range * Philox.toUniform(c0);
      target[at + 4 * i + 1] = low + range * Philox.toUniform(c1);
      target[at + 4 * i + 2] = low + range * Philox.toUniform(c2);
      target[at + 4 * i + 3] = low + range * Philox.toUniform(c3);
    }
  }
}
