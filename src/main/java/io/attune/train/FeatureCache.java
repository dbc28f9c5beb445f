package io.attune.train;

import io.attune.device.Arena;
import io.attune.tensor.Tensor;

/**
 * Constant activations of many items, each a matrix, in shards that stay below the largest buffer a
 * device has. The views on the items are made once.
 */
final class FeatureCache {
  /** Elements of a shard, well below 2^31. */
  static final long SHARD_ELEMENTS = 1L << 28;

  private final Tensor[] items;

  FeatureCache(Arena arena, String name, int count, int rows, int columns) {
    this(arena, name, count, rows, columns, SHARD_ELEMENTS);
  }

  FeatureCache(Arena arena, String name, int count, int rows, int columns, long shardElements) {
    int perShard = (int) Math.clamp(shardElements / ((long) rows * columns), 1, count);
    items = new Tensor[count];
    Tensor shard = null;
    for (int i = 0; i < count; i++) {
      int within = i % perShard;
      if (within == 0) {
        int size = Math.min(perShard, count - i);
        shard = arena.allocate(name + "." + i / perShard, (long) size * rows, columns);
      }
      items[i] = shard.rowRange((long) within * rows, rows);
    }
  }

  /** [rows, columns] of item i. */
  Tensor item(int i) {
    return items[i];
  }
}
