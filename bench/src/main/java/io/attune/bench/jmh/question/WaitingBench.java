package io.attune.bench.jmh.question;

import io.attune.Progress;
import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Gauges;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.device.Device;
import io.attune.device.op.Activation;
import io.attune.train.CacheLimit;
import io.attune.train.PixelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How long training stands still until images are decoded and preprocessed, where they are read in
 * every step: stage 1 without caches, and stage B of MEG. Nobody is raced.
 */
public final class WaitingBench implements Question {
  /** Different files; a run goes round them. */
  private static final int FILES = 16;

  @Override
  public String name() {
    return "waiting";
  }

  @Override
  public String description() {
    return "share of training steps' time that is waited for images";
  }

  @Override
  public List<Contest> contests() {
    ClipConfig small = ClipArchitecture.VIT_B_32.config();
    ClipConfig large = ClipArchitecture.VIT_L_14.config();
    return List.of(
        behavior("vit-b-32", small, 16, 24, 800),
        meg("vit-b-32", small, 16, 8, 800),
        behavior("vit-l-14", large, 2, 12, 800),
        // Two images have one dissimilarity, which correlates with nothing.
        meg("vit-l-14", large, 3, 4, 800));
  }

  @Override
  public List<Contest> samples() {
    ClipConfig.Tower vision = new ClipConfig.Tower(64, 96, 3, 2, Activation.QUICK_GELU, 1e-5);
    ClipConfig.Tower text = new ClipConfig.Tower(64, 96, 2, 1, Activation.QUICK_GELU, 1e-5);
    ClipConfig config = new ClipConfig(vision, 32, 8, 3, text, 50, 9, 49, 48, 2.6592);
    return List.of(behavior("small", config, 3, 2, 50), meg("small", config, 3, 2, 50));
  }

  private interface Stage {
    Gauges run(TrainingRun run, Device device) throws IOException;
  }

  private static Contest behavior(String name, ClipConfig config, int batch, int steps, int side) {
    return contest(
        "waiting, stage 1",
        name,
        new Size(config, batch, steps, side),
        (run, device) -> run.behavior(device, CacheLimit.OFF, Progress.NONE, () -> false));
  }

  private static Contest meg(String name, ClipConfig config, int batch, int steps, int side) {
    return contest(
        "waiting, MEG stage B",
        name,
        new Size(config, batch, steps, side),
        TrainingRun::megSecondStage);
  }

  /**
   * @param steps of an epoch
   * @param side of image files in pixels
   */
  private record Size(ClipConfig config, int batch, int steps, int side) {
    TrainingRun run(PixelSource pixels) {
      return new TrainingRun(config, batch, steps, pixels);
    }
  }

  private static Contest contest(String operation, String name, Size size, Stage stage) {
    return Contest.of(
            operation,
            "%s batch %d, JPEG %dx%d".formatted(name, size.batch, size.side, size.side),
            Amount.items(size.batch, "images", 0),
            0,
            Map.of(
                Provider.ATTUNE,
                threads -> {
                  TrainingRun run = size.run(files(size));
                  return new WholeRun(threads, device -> stage.run(run, device));
                }))
        .paced(Contest.Pace.WHOLE);
  }

  private static PixelSource files(Size size) throws IOException {
    List<Path> files = Photographs.write("jpg", FILES, size.side, size.side);
    ImagePreprocessor preprocessor =
        ImagePreprocessor.clip(PreprocessorConfig.standard(size.config.imageSize()));
    return (index, into, offset) ->
        preprocessor.apply(ImageDecoder.read(files.get(index % FILES)), into, offset);
  }
}
