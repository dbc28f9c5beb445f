package io.attune.train;

import io.attune.InputException;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSettings;
import io.attune.hba.BehaviorPreset;

/**
 * How stage 1 is trained.
 *
 * @param preset published or corrected
 * @param adapter kind
 * @param visionBlocks last blocks of the image tower that are adapted
 * @param textBlocks last blocks of the text tower that are adapted
 * @param rank r
 * @param epochs at most
 * @param patience epochs without a better validation loss before stopping
 * @param batch images of a step
 * @param seed of everything random
 * @param learningRate constant
 * @param weightDecay decoupled, on all that trains
 * @param cache how much that is constant may be kept
 */
public record BehaviorSettings(
    BehaviorPreset preset,
    AdapterKind adapter,
    int visionBlocks,
    int textBlocks,
    int rank,
    int epochs,
    int patience,
    int batch,
    long seed,
    double learningRate,
    double weightDecay,
    CacheLimit cache) {
  /** The paper's (spec/clip-hba.md sections 4 and 5). */
  public static final BehaviorSettings PAPER =
      new BehaviorSettings(
          BehaviorPreset.PAPER,
          AdapterKind.DORA,
          2,
          1,
          32,
          500,
          20,
          64,
          1,
          3e-4,
          0.01,
          CacheLimit.AUTO);

  public BehaviorSettings {
    if (batch < 1) {
      throw new InputException("batch: must be at least 1, is " + batch);
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new InputException("learning rate: must be a positive number, is " + learningRate);
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new InputException("weight decay: must not be negative, is " + weightDecay);
    }
  }

  /** The adapters' settings. */
  public AdapterSettings adapterSettings() {
    return AdapterSettings.of(adapter, rank, preset);
  }

  /** The same with another limit for caches. */
  public BehaviorSettings withCache(CacheLimit limit) {
    return new BehaviorSettings(
        preset,
        adapter,
        visionBlocks,
        textBlocks,
        rank,
        epochs,
        patience,
        batch,
        seed,
        learningRate,
        weightDecay,
        limit);
  }

  /** The same with another batch. */
  public BehaviorSettings withBatch(int images) {
    return new BehaviorSettings(
        preset,
        adapter,
        visionBlocks,
        textBlocks,
        rank,
        epochs,
        patience,
        images,
        seed,
        learningRate,
        weightDecay,
        cache);
  }
}
