package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Noise;
import io.attune.format.Safetensors;
import io.attune.format.SafetensorsWriter;
import io.attune.hba.MegFeatures;
import io.attune.hba.MegHead;
import io.attune.hba.MegParameters;
import io.attune.nn.Workspace;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The level of noise that a model's outputs may be given on request where evaluation has none
 * (spec/clip-hba.md section 6): the unbiased standard deviation, over the training images at the
 * best checkpoint, of the reweighted similarities. Stored with the run, so that an image's output
 * depends on no other image.
 *
 * @param epoch the best one, for which it was computed
 * @param values [T, K]
 */
record MegDeviation(int epoch, float[] values) {
  /** In a run's folder: a tensor {@code deviation} [T, K]. */
  static final String FILE = "deviation.safetensors";

  private static final String NAME = "deviation";
  private static final String EPOCH = "epoch";

  /**
   * Computes and writes that of a run whose training has ended, unless it is there.
   *
   * @param base with the run's start merged into it, as it was trained
   * @return false if asked to stop before the end
   */
  static boolean store(
      ClipModel base,
      MegConfig config,
      MegData data,
      RunFolder run,
      Progress progress,
      BooleanSupplier stop) {
    int epoch = bestEpoch(run.path());
    if (Files.exists(run.path().resolve(FILE)) && storedEpoch(run.path()) == epoch) {
      return true;
    }
    progress.message("the outputs' deviation over the training images, for noise on request");
    Device device = base.device();
    try (Arena arena = Arena.on(device)) {
      MegParameters parameters =
          MegStart.parameters(arena, device, base.clip(), config, run.path());
      parameters.adapters().attach(base.clip());
      try {
        parameters.adapters().compose(device);
        MegFeatureCache cache =
            new MegFeatureCache(
                arena,
                device,
                base.clip(),
                data.pixels(),
                data.train(),
                data.prompts(),
                config.batch());
        if (!cache.fill(
            MegOutputs.matrix(arena, device, base.clip(), run.path(), data.prompts()),
            progress,
            stop)) {
          return false;
        }
        float[] values = of(arena, device, parameters, cache, data, config.batch());
        write(run, epoch, data.times(), values);
        return true;
      } finally {
        parameters.adapters().detach(base.clip());
      }
    }
  }

  /** Over all images of the cache, a batch at a time, by Welford's method in double precision. */
  private static float[] of(
      Arena arena,
      Device device,
      MegParameters parameters,
      MegFeatureCache cache,
      MegData data,
      int batch) {
    int images = data.train();
    int size = Math.min(batch, images);
    int each = data.prompts();
    Workspace workspace = Workspace.on(arena);
    MegHead head =
        new MegHead(
            device,
            parameters.layers(),
            MegHead.Times.allocate(arena, device, data.courses(), data.window()),
            Noise.none(),
            workspace,
            size,
            each,
            false);
    MegFeatures.Cached source =
        new MegFeatures.Cached(device, cache.features(), workspace, head.features());
    float[] part = new float[data.times() * size * each];
    double[] mean = new double[data.times() * each];
    double[] squares = new double[mean.length];
    for (int from = 0; from < images; from += size) {
      int first = from;
      // The last image fills the places that are left.
      source.choose(IntStream.range(0, size).map(b -> Math.min(first + b, images - 1)).toArray());
      source.forward();
      head.embed();
      device.read(head.reweighted(), part, 0);
      for (int b = 0; b < Math.min(size, images - from); b++) {
        for (int i = 0; i < mean.length; i++) {
          double value = part[(i / each * size + b) * each + i % each];
          double before = value - mean[i];
          mean[i] += before / (from + b + 1);
          squares[i] += before * (value - mean[i]);
        }
      }
    }
    float[] deviation = new float[mean.length];
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = (float) Math.sqrt(squares[i] / (images - 1));
    }
    return deviation;
  }

  private static void write(RunFolder run, int epoch, int times, float[] values) {
    Path file = run.path().resolve(FILE);
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata(EPOCH, Integer.toString(epoch))
            .tensor(NAME, Shape.of(times, values.length / times), values);
    run.files().replace(file, () -> writer.write(file));
  }

  /**
   * Reads that of a run.
   *
   * @throws InputException if it is missing, or the run has gone on since it was computed
   */
  static MegDeviation read(Path run, int times, int prompts) {
    if (!Files.exists(run.resolve(FILE)) || storedEpoch(run) != bestEpoch(run)) {
      throw new InputException(
          "%s: holds no level of noise for its best epoch, since it has not trained to its end - go on with --resume"
              .formatted(run));
    }
    try (Safetensors source = Safetensors.open(run.resolve(FILE))) {
      source.require(NAME, Shape.of(times, prompts));
      return new MegDeviation(storedEpoch(run), source.read(NAME));
    }
  }

  private static int bestEpoch(Path run) {
    return Checkpoints.lastState(run, MegState.class)
        .orElseThrow(() -> new InputException(run + ": holds no checkpoint"))
        .best()
        .epoch();
  }

  private static int storedEpoch(Path run) {
    try (Safetensors source = Safetensors.open(run.resolve(FILE))) {
      return Integer.parseInt(source.metadata().getOrDefault(EPOCH, "-1"));
    } catch (NumberFormatException e) {
      throw new InputException(run.resolve(FILE) + ": damaged, its epoch is no number", e);
    }
  }
}
