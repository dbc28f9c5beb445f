package io.attune.data.synthetic;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;

/**
 * Random numbers for one purpose and one item, so that item n does not depend on how many there are
 * before it. Everything is made of exact arithmetic: the same bits on every machine.
 */
final class Draws {
  /** What draws are for; the order is part of the format of a seed. */
  enum Purpose {
    KINDS,
    CONCEPT,
    BASELINE,
    INSTANCE,
    CAPTION,
    HELD_OUT,
    JUDGEMENT_NOISE,
    TRIPLET_SHARPNESS,
    TRIPLETS,
    COLLECTION_ORDER,
    MEG,
    MEG_CONCEPTS,
    MEG_IMAGES,
    MEG_GROUP_NOISE,
    MEG_INDIVIDUAL_NOISE,
    MEG_ATTENTION
  }

  private static final int STREAMS = 0x53590000; // of Philox, for synthetic data alone

  private final Philox philox;

  Draws(long seed, Purpose purpose, int item) {
    philox = new Philox(new PhiloxKey(seed, STREAMS + purpose.ordinal(), item));
  }

  /** Uniform on [0, 1). */
  double uniform() {
    return philox.nextFloat();
  }

  /** Uniform on [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** Nearly standard normal, on -6..6: the sum of twelve uniforms less 6, without logarithms. */
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; i++) {
      sum += uniform();
    }
    return sum;
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Uniform on 0..bound-1. */
  int below(int bound) {
    return philox.nextInt(bound);
  }

  int[] permutation(int n) {
    return philox.permutation(n);
  }
}
