package io.attune.train;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.MegParameters;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * Bytes that a MEG run takes beside the model's weights, found on planning arenas.
 *
 * @param kept parameters with gradients, moments, composed weights
 * @param features the cache of stage A
 * @param first activations of stage A, or what filling its cache takes where that is more
 * @param second activations of stage B; 0 where it does not follow
 * @param recompute whether stage B computes blocks again in its backward pass, to fit
 */
public record MegMemory(long kept, long features, long first, long second, boolean recompute) {
  /** Part of the free memory that is left alone before blocks are recomputed. */
  private static final double SPARE = 0.1;

  /**
   * Measures a run; blocks are computed again where all activations would not fit.
   *
   * @param available bytes that the run may take
   */
  static MegMemory of(
      Device device, Clip clip, MegData data, MegSettings settings, long available) {
    Arena counting = Arena.planning(device.precision());
    MegParameters planned = MegTrainer.parameters(counting, clip, data, settings);
    MegTrainer.layerOptimizer(counting, planned, settings);
    MegTrainer.adapterOptimizer(counting, planned, settings);
    Tensor matrix = MegTrainer.matrix(counting, clip, data);
    planned.adapters().attach(clip);
    try {
      Arena cached = Arena.planning(device.precision());
      MegFeatureCache cache = new MegFeatureCache(cached, device, clip, data, settings.batch());
      Arena first = Arena.planning(device.precision());
      long firstHost =
          stage(first, device, clip, planned, data, settings, matrix, cache.features(), false);
      long keeping = second(device, clip, planned, data, settings, matrix, false);
      long free = (long) (available * (1 - SPARE));
      boolean recompute = counting.bytes() + keeping > free;
      return new MegMemory(
          counting.bytes(),
          cached.bytes(),
          Math.max(first.bytes() + firstHost, cache.preparationBytes(matrix)),
          recompute ? second(device, clip, planned, data, settings, matrix, true) : keeping,
          recompute);
    } finally {
      planned.adapters().detach(clip);
    }
  }

  private static long second(
      Device device,
      Clip clip,
      MegParameters planned,
      MegData data,
      MegSettings settings,
      Tensor matrix,
      boolean recompute) {
    if (!settings.secondStage()) {
      return 0;
    }
    Arena arena = Arena.planning(device.precision());
    long host = stage(arena, device, clip, planned, data, settings, matrix, null, recompute);
    return arena.bytes() + host;
  }

  /** Plans a stage; tells the bytes of its buffers beside the arena. */
  private static long stage(
      Arena arena,
      Device device,
      Clip clip,
      MegParameters planned,
      MegData data,
      MegSettings settings,
      Tensor matrix,
      Tensor cache,
      boolean recompute) {
    List<Integer> sizes = MegTrainer.batches(data, settings).sizes();
    try (MegStage stage =
        new MegStage(
            arena, device, clip, planned, data, settings, sizes, matrix, cache, recompute)) {
      return stage.hostBytes();
    }
  }

  /** Bytes at the worst moment. */
  public long total() {
    return kept + Math.max(features + first, second);
  }

  /**
   * Refuses a run that would not fit.
   *
   * @param free bytes that the run may take
   * @throws InputException with the sizes
   */
  void require(Device device, long free) {
    if (total() > free) {
      throw new InputException(
          "too little memory on %s: the run needs %s (stage A %s, stage B %s), %s is free - use a smaller --batch or give more memory"
              .formatted(
                  device.name(),
                  TrainingPlan.size(total()),
                  TrainingPlan.size(kept + features + first),
                  TrainingPlan.size(kept + second),
                  TrainingPlan.size(free)));
    }
  }

  /** For people. */
  public String describe() {
    return "memory: %s parameters and moments + %s in stage A (%s features) or %s in stage B%s"
        .formatted(
            TrainingPlan.size(kept),
            TrainingPlan.size(features + first),
            TrainingPlan.size(features),
            TrainingPlan.size(second),
            recompute ? ", which computes blocks twice" : "");
  }
}
