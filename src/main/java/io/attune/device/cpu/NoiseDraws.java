package io.attune.device.cpu;

import io.attune.device.Philox;
import io.attune.device.op.Noise;
import io.attune.tensor.Tensor;

/**
 * The noise of one time, for one thread: the draws of a range of elements, or where the given ones
 * lie. Draws begin with a whole block, so that the first element may lie up to three in.
 */
final class NoiseDraws {
  /** Blocks drawn at a time; their words stay in the first-level cache. */
  private static final int BLOCKS = 256;

  private final int[] words = new int[4 * BLOCKS];
  private float[] own = new float[0];

  /** Where the elements asked for lie: in {@link #values} from {@link #at} on. */
  private float[] values;

  private int at;

  float[] values() {
    return values;
  }

  int at() {
    return at;
  }

  /** Standard normal numbers of elements {@code first} to {@code first + n - 1}. */
  void normals(Noise noise, long first, int n) {
    if (noise.key() == null) {
      given(noise.normal(), first);
      return;
    }
    int blocks = begin(first, n);
    int[] key = CpuBuffer.ints(noise.key());
    int ki = CpuBuffer.offset(noise.key());
    for (int block = 0; block < blocks; block += BLOCKS) {
      int count = Math.min(BLOCKS, blocks - block);
      words(key, ki, (first >>> 2) + block, count);
      BoxMuller.fill(words, 0, own, 4 * block, 2 * count);
    }
  }

  /** Floors of elements {@code first} to {@code first + n - 1}. */
  void floors(Noise noise, long first, int n) {
    if (noise.key() == null) {
      given(noise.floor(), first);
      return;
    }
    int blocks = begin(first, n);
    int[] key = CpuBuffer.ints(noise.key());
    int ki = CpuBuffer.offset(noise.key()) + 4;
    float range = noise.high() - noise.low();
    for (int block = 0; block < blocks; block += BLOCKS) {
      int count = Math.min(BLOCKS, blocks - block);
      words(key, ki, (first >>> 2) + block, count);
      for (int i = 0; i < 4 * count; i++) {
        own[4 * block + i] = noise.low() + range * Philox.toUniform(words[i]);
      }
    }
  }

  private void given(Tensor tensor, long first) {
    values = CpuBuffer.floats(tensor);
    at = CpuBuffer.offset(tensor) + (int) first;
  }

  /** Makes room; returns the number of blocks that hold the elements. */
  private int begin(long first, int n) {
    at = (int) (first & 3);
    int blocks = (at + n + 3) / 4;
    if (own.length < 4 * blocks) {
      own = new float[4 * blocks];
    }
    values = own;
    return blocks;
  }

  private void words(int[] key, int ki, long block, int count) {
    long seed = key[ki] & 0xFFFFFFFFL | (long) key[ki + 1] << 32;
    PhiloxWords.fill(seed, key[ki + 2], key[ki + 3], block, count, words, 0);
  }
}
