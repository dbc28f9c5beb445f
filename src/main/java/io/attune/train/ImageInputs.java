package io.attune.train;

import io.attune.Progress;
import io.attune.clip.VisionPass;
import io.attune.clip.VisionTower;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.EmbeddingPath;
import io.attune.hba.TowerTail;
import io.attune.hba.VisionTrunk;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Feeds images to the image tower, in one of three ways: pixels into the whole tower; what is
 * constant below the lowest adapted block, computed once; or, where no image block is adapted,
 * embeddings computed once.
 */
final class ImageInputs implements AutoCloseable {
  private final Device device;
  private final VisionTower tower;
  private final TowerPlan plan;
  private final boolean cached;
  private final int images;
  private final int batch;
  private final PixelSource source;
  private final PixelBatches pixels;
  private final int imageLength;
  private final FeatureCache first;
  private final FeatureCache second;

  ImageInputs(
      Arena arena,
      Device device,
      VisionTower tower,
      TrainingPlan plan,
      PixelSource source,
      int images,
      int batch) {
    this.device = device;
    this.tower = tower;
    this.plan = plan.vision();
    this.cached = plan.cachesImages();
    this.source = source;
    this.images = images;
    this.batch = batch;
    int side = tower.config().imageSize();
    this.imageLength = tower.config().channels() * side * side;
    this.pixels = cached || arena.isPlanning() ? null : newBatches();
    int width = this.plan.tower().width();
    if (!cached) {
      first = null;
      second = null;
    } else if (this.plan.trains()) {
      int rows = this.plan.cachedRows();
      first = new FeatureCache(arena, "cache.vision.stream", images, rows, width);
      second = new FeatureCache(arena, "cache.vision.attended", images, rows, width);
    } else {
      first = new FeatureCache(arena, "cache.vision.embeds", images, 1, this.plan.projection());
      second = null;
    }
  }

  /** How images of one batch size enter: the path and the views that are filled. */
  record Entry(EmbeddingPath path, Tensor pixels, List<Tensor> first, List<Tensor> second) {}

  /** Prepares a batch size. */
  Entry entry(Workspace workspace, int size) {
    if (!cached) {
      VisionPass pass = new VisionPass(device, tower, workspace, size, PassOptions.training(true));
      return new Entry(EmbeddingPath.Whole.of(pass, plan.trains()), pass.pixels(), null, null);
    }
    if (!plan.trains()) {
      Tensor embeds = workspace.tensor("embeds", size, plan.projection());
      return new Entry(new EmbeddingPath.Constant(embeds), null, views(embeds, 1), null);
    }
    TowerTail.Parts parts =
        new TowerTail.Parts(
            tower.blocks(), plan.first(), tower.postLayerNorm(), tower.projection(), false);
    TowerTail tail = new TowerTail(device, parts, workspace, size, plan.tokens());
    int rows = plan.cachedRows();
    return new Entry(tail, null, views(tail.stream(), rows), views(tail.attended(), rows));
  }

  private static List<Tensor> views(Tensor batch, int rows) {
    List<Tensor> views = new ArrayList<>();
    for (int from = 0; from < batch.rows(); from += rows) {
      views.add(batch.rowRange(from, rows));
    }
    return views;
  }

  /** Fills an entry of {@code count} images with {@code order[from..]} plus {@code shift}. */
  void fill(Entry entry, int[] order, int from, int count, int shift) {
    if (!cached) {
      device.write(entry.pixels(), pixels.take(order, from, count, shift), 0);
      return;
    }
    for (int b = 0; b < count; b++) {
      int image = order[from + b] + shift;
      device.elementwise().copy(first.item(image), entry.first().get(b));
      if (second != null) {
        device.elementwise().copy(second.item(image), entry.second().get(b));
      }
    }
  }

  /** Has the images that will be asked for next read meanwhile. */
  void announce(int[] order, int from, int count, int shift) {
    if (!cached) {
      pixels.announce(order, from, count, shift);
    }
  }

  /** Nanoseconds that {@link #fill} has waited for pixels. */
  long waitedNanoseconds() {
    return cached ? 0 : pixels.waitedNanoseconds();
  }

  private PixelBatches newBatches() {
    return new PixelBatches(source, imageLength, batch);
  }

  /** Bytes of the buffers in which pixels are gathered: for the cache, or in every step. */
  long hostBytes() {
    return PixelBatches.bytes(batch, imageLength);
  }

  /** Bytes that {@link #prepare} takes on the device, beside the cache. */
  long preparationBytes() {
    if (!cached) {
      return 0;
    }
    try (Arena arena = Arena.planning(device.precision())) {
      trunk(Workspace.on(arena), batch);
      return arena.bytes();
    }
  }

  /** Runs the constant part of the tower for every image; false if asked to stop before its end. */
  boolean prepare(Progress progress, BooleanSupplier stop) {
    if (!cached) {
      return true;
    }
    int[] order = IntStream.range(0, images).toArray();
    try (Arena arena = Arena.on(device);
        PixelBatches read = newBatches();
        Progress.Task bar = progress.start("caching what is constant", "images", images)) {
      Workspace workspace = Workspace.on(arena);
      Trunk full = trunk(workspace, batch);
      int left = images % batch;
      Trunk rest = left == 0 ? null : trunk(workspace.smaller(), left);
      for (int from = 0; from < images; from += batch) {
        int count = Math.min(batch, images - from);
        Trunk trunk = count == batch ? full : rest;
        device.write(trunk.pixels(), read.take(order, from, count, 0), 0);
        int next = from + count;
        read.announce(order, next, Math.min(batch, images - next), 0);
        trunk.forward().run();
        for (int b = 0; b < count; b++) {
          device.elementwise().copy(trunk.item(trunk.first(), b), first.item(from + b));
          if (second != null) {
            device.elementwise().copy(trunk.item(trunk.second(), b), second.item(from + b));
          }
        }
        bar.advance(count);
        if (stop.getAsBoolean()) {
          return false;
        }
      }
      device.synchronize();
      return true;
    }
  }

  /** Stops reading. */
  @Override
  public void close() {
    if (pixels != null) {
      pixels.close();
    }
  }

  private record Trunk(Tensor pixels, Tensor first, Tensor second, int rows, Runnable forward) {
    Tensor item(Tensor all, int b) {
      return all.rowRange((long) b * rows, rows);
    }
  }

  private Trunk trunk(Workspace workspace, int size) {
    if (!plan.trains()) {
      VisionPass pass = new VisionPass(device, tower, workspace, size, PassOptions.inference(true));
      return new Trunk(pass.pixels(), pass.embeds(), null, 1, pass::forward);
    }
    VisionTrunk trunk = new VisionTrunk(device, tower, workspace, size, plan.first());
    return new Trunk(
        trunk.pixels(), trunk.stream(), trunk.attended(), plan.cachedRows(), trunk::forward);
  }
}
