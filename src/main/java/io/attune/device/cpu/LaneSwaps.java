package io.attune.device.cpu;

import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Swaps of neighbouring groups of lanes, by which a float vector is summed half by half: always in
 * one order, which reduceLanes does not promise.
 */
final class LaneSwaps {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;

  static final VectorShuffle<Float> BY_8 = swap(8);
  static final VectorShuffle<Float> BY_4 = swap(4);
  static final VectorShuffle<Float> BY_2 = swap(2);
  static final VectorShuffle<Float> BY_1 = swap(1);

  private LaneSwaps() {}

  private static VectorShuffle<Float> swap(int group) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ group) % SPECIES.length());
  }
}
