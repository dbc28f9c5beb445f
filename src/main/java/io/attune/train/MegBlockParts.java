package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Preprocessing;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.MegParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * How much each block has to say at each time: its layer weight times how far its outputs spread
 * over images, as parts of the sum over blocks.
 *
 * <p>Weights alone mislead where blocks differ in scale. A low block whose outputs hardly differ
 * between images can carry much weight and do no more than shift all of them alike.
 *
 * @param timesMs of rows
 * @param parts [T][L], in the order of blocks; rows sum to 1
 */
public record MegBlockParts(double[] timesMs, double[][] parts) {
  private static final int BATCH = 32;

  /**
   * Computes them for a run's best checkpoint. A block's spread is the standard deviation of its
   * outputs over images, averaged over prompts.
   *
   * @param base the opened base model; a run's start is merged into it for good
   * @param model its folder
   * @param run a MEG run
   * @param files images, two or more
   * @throws io.attune.InputException if the run does not fit the model
   */
  public static MegBlockParts of(
      ClipModel base, Path model, Path run, List<Path> files, Progress progress) {
    MegConfig config = MegConfig.read(run);
    Device device = base.device();
    Clip clip = base.clip();
    if (!config.startFrom().isEmpty()) {
      MegStart.mergeInto(Path.of(config.startFrom()), device, clip);
    }
    MegStart.requireBase(run, config, device, clip);
    ImagePreprocessor preprocessor =
        Preprocessing.valueOf(config.preprocess().toUpperCase(Locale.ROOT))
            .forModel(model, clip.config());
    int prompts = config.prompts().size();
    float[] features;
    try (Arena arena = Arena.on(device)) {
      MegParameters parameters = MegStart.parameters(arena, device, clip, config, run);
      parameters.adapters().attach(clip);
      try {
        parameters.adapters().compose(device);
        MegFeatureCache cache =
            new MegFeatureCache(
                arena,
                device,
                clip,
                (index, into, offset) ->
                    preprocessor.apply(ImageDecoder.read(files.get(index)), into, offset),
                files.size(),
                prompts,
                BATCH);
        cache.fill(MegOutputs.matrix(arena, device, clip, run, prompts), progress, () -> false);
        features = device.toArray(cache.features());
      } finally {
        parameters.adapters().detach(clip);
      }
    }
    return of(MegLayerWeights.of(device, run), spreads(features, files.size(), prompts));
  }

  /** Parts of blocks whose outputs spread so far. */
  static MegBlockParts of(MegLayerWeights weights, double[] spreads) {
    double[][] parts = new double[weights.weights().length][spreads.length];
    for (int t = 0; t < parts.length; t++) {
      double sum = 0;
      for (int j = 0; j < spreads.length; j++) {
        parts[t][j] = weights.weights()[t][j] * spreads[j];
        sum += parts[t][j];
      }
      for (int j = 0; j < spreads.length && sum > 0; j++) {
        parts[t][j] /= sum;
      }
    }
    return new MegBlockParts(weights.timesMs(), parts);
  }

  /**
   * Standard deviations over images, averaged over prompts.
   *
   * @param features [L N, K]
   */
  static double[] spreads(float[] features, int images, int prompts) {
    double[] spreads = new double[features.length / (images * prompts)];
    for (int j = 0; j < spreads.length; j++) {
      for (int k = 0; k < prompts; k++) {
        double mean = 0;
        double squares = 0;
        for (int n = 0; n < images; n++) {
          double value = features[(j * images + n) * prompts + k];
          double apart = value - mean;
          mean += apart / (n + 1);
          squares += apart * (value - mean);
        }
        spreads[j] += Math.sqrt(squares / (images - 1)) / prompts;
      }
    }
    return spreads;
  }

  /**
   * Where in depth the model takes its outputs from at each time: 0 where the first block says all,
   * L - 1 where the last does.
   */
  public double[] depths() {
    double[] depths = new double[parts.length];
    for (int t = 0; t < depths.length; t++) {
      for (int j = 0; j < parts[t].length; j++) {
        depths[t] += j * parts[t][j];
      }
    }
    return depths;
  }
}
