package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.MegFeatures;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Features of all images, [L N, K], block by block: constant while the adapters rest, so that stage
 * A makes no vision pass.
 */
final class MegFeatureCache {
  private final Device device;
  private final Clip clip;
  private final PixelSource pixelSource;
  private final int images;
  private final int prompts;
  private final int batch;
  private final int imageLength;
  private final Tensor features;

  /** Allocates the cache of a run's images; the adapters are attached to {@code clip}. */
  MegFeatureCache(Arena arena, Device device, Clip clip, MegData data, int batch) {
    this(arena, device, clip, data.pixels(), data.images(), data.prompts(), batch);
  }

  /** Allocates the cache; the adapters are attached to {@code clip}. */
  MegFeatureCache(
      Arena arena,
      Device device,
      Clip clip,
      PixelSource pixelSource,
      int images,
      int prompts,
      int batch) {
    this.device = device;
    this.clip = clip;
    this.pixelSource = pixelSource;
    this.images = images;
    this.prompts = prompts;
    this.batch = Math.min(batch, images);
    int side = clip.config().imageSize();
    this.imageLength = clip.config().channels() * side * side;
    int blocks = clip.config().vision().blocks();
    this.features = arena.allocate("features", (long) blocks * images, prompts);
  }

  /** [L N, K] */
  Tensor features() {
    return features;
  }

  /** Bytes that {@link #fill} takes for its own work. */
  long preparationBytes(Tensor matrix) {
    try (Arena arena = Arena.planning(device.precision())) {
      pass(Workspace.on(arena), batch, matrix);
      return arena.bytes() + PixelBatches.bytes(batch, imageLength);
    }
  }

  private record Pass(MegFeatures.Computed source, Tensor features) {}

  private Pass pass(Workspace workspace, int size, Tensor matrix) {
    int blocks = clip.config().vision().blocks();
    Tensor batchFeatures = workspace.tensor("features", blocks, size, prompts);
    return new Pass(
        new MegFeatures.Computed(
            device,
            clip.vision(),
            matrix,
            workspace,
            batchFeatures,
            null,
            PassOptions.inference(true)),
        batchFeatures);
  }

  /**
   * Runs every image through the tower once.
   *
   * @param matrix [K, D]
   * @return false if asked to stop before the end
   */
  boolean fill(Tensor matrix, Progress progress, BooleanSupplier stop) {
    int[] order = IntStream.range(0, images).toArray();
    try (Arena arena = Arena.on(device);
        PixelBatches pixels = new PixelBatches(pixelSource, imageLength, batch);
        Progress.Task bar = progress.start("caching features", "images", images)) {
      Workspace workspace = Workspace.on(arena);
      Pass full = pass(workspace, batch, matrix);
      int left = images % batch;
      Pass rest = left == 0 ? null : pass(workspace.smaller(), left, matrix);
      for (int from = 0; from < images; from += batch) {
        int count = Math.min(batch, images - from);
        Pass pass = count == batch ? full : rest;
        device.write(pass.source().pixels(), pixels.take(order, from, count, 0), 0);
        int next = from + count;
        pixels.announce(order, next, Math.min(batch, images - next), 0);
        pass.source().forward();
        store(pass.features(), from, count);
        bar.advance(count);
        if (stop.getAsBoolean()) {
          return false;
        }
      }
      device.synchronize();
      return true;
    }
  }

  private void store(Tensor batchFeatures, int from, int count) {
    int blocks = clip.config().vision().blocks();
    for (int j = 0; j < blocks; j++) {
      device
          .elementwise()
          .copy(
              batchFeatures.rowRange((long) j * count, count),
              features.rowRange((long) j * images + from, count));
    }
  }
}
