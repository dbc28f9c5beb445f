package io.attune.bench;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.train.BehaviorData;
import io.attune.train.BehaviorSettings;
import io.attune.train.BehaviorTrainer;
import io.attune.train.CacheLimit;
import io.attune.train.PixelSource;
import io.attune.train.RunFolder;
import io.attune.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole behaviour stage, really run: the trainer with its caches, shuffles, validation after
 * each epoch and checkpoints, on as many images, prompts and epochs as THINGS has. Pixels, prompts
 * and targets are random, so that no data is needed and nothing is decoded.
 */
final class BehaviorStage {
  /** What the stage should take on an H200, from the end of caching on. */
  static final double GOAL_SECONDS = 60;

  private static final int SHIFTS = 4096;

  private final Device device;
  private final Clip clip;
  private final Extent extent;

  /**
   * How much there is to do.
   *
   * @param batch images of a step
   */
  record Extent(int train, int validation, int prompts, int epochs, int batch) {
    /** The 1,806 concepts that are not held out, 80 % of them to train on. */
    static Extent things(int batch) {
      return new Extent(1444, 362, 66, 100, batch);
    }

    static Extent tiny(int batch) {
      return new Extent(2 * batch + 1, batch, 3, 3, batch);
    }
  }

  /** Notes when epochs begin, and when what comes before them ended. */
  private static final class Times implements Progress {
    private final List<Long> epochs = new ArrayList<>();
    private long prepared = System.nanoTime();

    @Override
    public Task start(String what, String unit, long total) {
      boolean epoch = what.startsWith("epoch ");
      if (epoch) {
        epochs.add(System.nanoTime());
      }
      return new Task() {
        @Override
        public void advance(long units) {}

        @Override
        public void note(String text) {}

        @Override
        public void close() {
          if (!epoch) {
            prepared = System.nanoTime();
          }
        }
      };
    }

    @Override
    public void message(String line) {}
  }

  BehaviorStage(Device device, Clip clip, Extent extent) {
    this.device = device;
    this.clip = clip;
    this.extent = extent;
  }

  /**
   * Runs it until it is done or time is up; then {@code seconds} is extrapolated from the epochs
   * that were, and {@code extrapolated} says so.
   *
   * @param work where the run folder is made and removed again
   */
  Map<String, Object> run(Path work, Deadline deadline) throws IOException {
    Files.createDirectories(work);
    Path folder = Files.createTempDirectory(work, "behavior");
    long begin = System.nanoTime();
    Times times = new Times();
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer = new BehaviorTrainer(device, clip, data(), settings())) {
      trainer.requireMemory();
      TrainingResult result = trainer.train(run, times, () -> deadline.secondsLeft() <= 0);
      times.epochs.add(System.nanoTime());
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("images", extent.train() + extent.validation());
      row.put("training_images", extent.train());
      row.put("epochs", extent.epochs());
      row.put("caches_images", trainer.cacheDecision().images());
      row.put("caches_texts", trainer.cacheDecision().texts());
      row.put("preparation_seconds", (times.prepared - begin) * 1e-9);
      addSeconds(row, times, result.metrics().size());
      return row;
    } finally {
      remove(folder);
    }
  }

  private void addSeconds(Map<String, Object> row, Times times, int done) {
    row.put("epochs_run", done);
    if (done == 0) {
      row.put("failed", "no epoch ended before the time was up");
      return;
    }
    double[] milliseconds = new double[done];
    for (int i = 0; i < done; i++) {
      milliseconds[i] = (times.epochs.get(i + 1) - times.epochs.get(i)) * 1e-6;
    }
    double epochs = Arrays.stream(milliseconds).sum() * 1e-3;
    double before = (times.epochs.getFirst() - times.prepared) * 1e-9;
    row.put("seconds", before + epochs * extent.epochs() / done);
    row.put("extrapolated", done < extent.epochs());
    Arrays.sort(milliseconds);
    row.put("ours", Timing.of(milliseconds, 1).asMap());
  }

  private BehaviorSettings settings() {
    return new BehaviorSettings(
        BehaviorPreset.PAPER,
        AdapterKind.DORA,
        AdapterWorkload.VISION_BLOCKS,
        AdapterWorkload.TEXT_BLOCKS,
        Math.min(AdapterWorkload.RANK, clip.config().text().width()),
        extent.epochs(),
        extent.epochs(),
        extent.batch(),
        1,
        3e-4,
        0.01,
        CacheLimit.AUTO);
  }

  private BehaviorData data() {
    ClipConfig config = clip.config();
    Philox philox = new Philox(new PhiloxKey(3, 7, 0));
    float[] targets = new float[(extent.train() + extent.validation()) * extent.prompts()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = 100 * philox.nextFloat();
    }
    return new BehaviorData(
        extent.train(),
        extent.validation(),
        List.of(),
        targets,
        extent.prompts(),
        ModelInputs.ids(config, extent.prompts()),
        config.context(),
        pixels(config, philox),
        null);
  }

  /** Windows of one stretch of normal numbers, each image's its own. */
  private static PixelSource pixels(ClipConfig config, Philox philox) {
    int length = 3 * config.imageSize() * config.imageSize();
    float[] stretch = new float[length + SHIFTS];
    for (int i = 0; i < stretch.length; i++) {
      stretch[i] = (float) philox.nextNormal();
    }
    return (index, into, offset) -> System.arraycopy(stretch, index % SHIFTS, into, offset, length);
  }

  private static void remove(Path folder) throws IOException {
    List<Path> inner;
    try (var walk = Files.walk(folder)) {
      inner = walk.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path path : inner) {
      Files.delete(path);
    }
  }
}
