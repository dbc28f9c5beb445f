package io.attune.bench.jmh.question;

import io.attune.Progress;
import io.attune.bench.jmh.Gauges;
import io.attune.bench.jmh.peer.Values;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.hba.MegPreset;
import io.attune.hba.TimeCourses;
import io.attune.train.BehaviorData;
import io.attune.train.BehaviorSettings;
import io.attune.train.BehaviorTrainer;
import io.attune.train.CacheLimit;
import io.attune.train.MegData;
import io.attune.train.MegSettings;
import io.attune.train.MegTrainer;
import io.attune.train.PixelSource;
import io.attune.train.RunFolder;
import io.attune.train.StepTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An epoch of a stage as users run it, from pixels to the run's folder, on random weights and
 * targets, with 66 prompts.
 *
 * @param batch images of a step
 * @param steps of the epoch
 * @param pixels of images by number
 */
record TrainingRun(ClipConfig config, int batch, int steps, PixelSource pixels) {
  private static final int PROMPTS = 66;
  private static final int LENGTH = 8;
  private static final int TIMES = 281;
  private static final int WINDOW = 3;
  private static final int FEWEST = 3;
  private static final long SEED = 3;

  /** Stage 1 with the published adapters; one image validates. */
  Gauges behavior(Device device, CacheLimit cache, Progress progress, BooleanSupplier stop)
      throws IOException {
    BehaviorSettings paper = BehaviorSettings.PAPER;
    BehaviorSettings settings =
        new BehaviorSettings(
            paper.preset(),
            paper.adapter(),
            paper.visionBlocks(),
            paper.textBlocks(),
            paper.rank(),
            1,
            1,
            batch,
            SEED,
            paper.learningRate(),
            paper.weightDecay(),
            cache);
    Path folder = Files.createTempDirectory("attune-bench-run");
    try (ClipModel model = ClipModel.random(config, device, SEED);
        RunFolder run = RunFolder.open(folder, RunFolder.Existing.OVERWRITE);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), behaviorData(), settings)) {
      trainer.train(run, progress, stop);
      return gauges(trainer.time(), trainer.memoryPlan().total());
    } finally {
      delete(folder);
    }
  }

  private BehaviorData behaviorData() {
    int images = steps * batch + 1;
    int last = config.vocabularySize() - 1;
    int[] ids =
        IntStream.range(0, PROMPTS * LENGTH)
            .map(i -> i % LENGTH == LENGTH - 1 ? last : 1 + (7 * i) % (last - 1))
            .toArray();
    return new BehaviorData(
        images - 1,
        1,
        List.of(),
        new Values().uniform(0, 20, images, PROMPTS),
        PROMPTS,
        ids,
        LENGTH,
        pixels,
        null);
  }

  /** Stage B of a group's MEG model, after an epoch of stage A; three images validate. */
  Gauges megSecondStage(Device device) throws IOException {
    MegSettings settings =
        new MegSettings(
            MegSettings.Scope.GROUP, MegPreset.PAPER, 32, 2, 2, 1, true, batch, SEED, 0.01);
    Path folder = Files.createTempDirectory("attune-bench-run");
    try (ClipModel model = ClipModel.random(config, device, SEED);
        RunFolder run = RunFolder.open(folder, RunFolder.Existing.OVERWRITE);
        MegTrainer trainer = new MegTrainer(device, model.clip(), megData(), settings, run)) {
      trainer.train(Progress.NONE, () -> false);
      return gauges(trainer.secondTime(), 0);
    } finally {
      delete(folder);
    }
  }

  private MegData megData() {
    Values values = new Values();
    TimeCourses courses =
        new TimeCourses(
            values.uniform(0.2, 1, TIMES),
            values.uniform(0.2, 1, TIMES),
            values.uniform(0.1, 1, TIMES));
    float[] unit = values.normal(1 / Math.sqrt(config.projection()), PROMPTS, config.projection());
    int images = steps * batch + FEWEST;
    float[] measured = values.uniform(0, 1, TIMES);
    return new MegData(
        images - FEWEST,
        IntStream.range(0, images).mapToObj(i -> "image " + i).toList(),
        courses,
        WINDOW,
        (chosen, into) -> {
          for (int i = 0; i < into.length; i++) {
            into[i] = measured[i * 31 % TIMES];
          }
        },
        PROMPTS,
        unit,
        pixels);
  }

  private static Gauges gauges(StepTime time, long planned) {
    return new Gauges(time.steps(), time.nanoseconds(), time.waitedNanoseconds(), planned, 0);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
