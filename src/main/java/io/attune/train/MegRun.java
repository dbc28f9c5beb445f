package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.data.meg.MegTarget;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.NpyWriter;
import io.attune.hba.MegParameters;
import io.attune.hba.MegPreset;
import io.attune.hba.Prompts;
import io.attune.hba.TimeCourses;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A MEG run from folder to folder: target, split, texts, memory check, run folder, training.
 *
 * @param model folder of the base model
 * @param things folder of the data
 * @param target condensed target
 * @param out the run's folder
 * @param existing what to do if it is there already
 * @param settings how to train
 * @param preprocessing of images; the paper's own by default
 * @param behavior run of stage 1 whose text adapter is used; null for the model's own texts
 * @param startFrom run whose image tower is the start, of stage 1 or a MEG run, and then its layer
 *     weights too; null for CLIP's
 * @param prompts used where there is no run of stage 1
 */
public record MegRun(
    Path model,
    Path things,
    Path target,
    Path out,
    RunFolder.Existing existing,
    MegSettings settings,
    Preprocessing preprocessing,
    Path behavior,
    Path startFrom,
    Prompts prompts) {
  /** The correlation of one number is 0/0, that of two is 1 or -1, without a gradient. */
  private static final int FEWEST_PROMPTS = 3;

  /** The prompts' embeddings that the run was trained with, [K, projection]. */
  public static final String TEXT_UNIT = "text_unit.npy";

  /** Training images of the group's that are not held out: 1,456 of 1,806. */
  private static final double GROUP_PART = 1456.0 / 1806;

  private static final double INDIVIDUAL_PART = 0.8;
  private static final int INDIVIDUAL_IMAGES = 118;
  private static final int INDIVIDUAL_HELD_OUT = 18;

  /** Over which layer weights are averaged to each side. */
  private static final double WINDOW_MS = 15;

  /**
   * How a run ended.
   *
   * @param trainableParameters numbers that train
   */
  public record Outcome(MegResult training, long trainableParameters) {}

  /**
   * Trains, from the last checkpoint when resuming.
   *
   * @param base the opened model of {@link #model}; {@link #startFrom} is merged into it for good
   * @param stop asked after each step; true saves and returns
   * @throws InputException if data, settings or memory do not allow the run; nothing is written
   *     then
   */
  public Outcome train(ClipModel base, Progress progress, BooleanSupplier stop) {
    return train(base, progress, stop, MegShare.alone(base.device()));
  }

  /** As {@link #train(ClipModel, Progress, BooleanSupplier)}, beside other runs. */
  Outcome train(ClipModel base, Progress progress, BooleanSupplier stop, MegShare share) {
    Device device = base.device();
    boolean resumed = resumes();
    try (MegTarget measured = MegTarget.open(target)) {
      Split split = split(measured);
      MegData data = data(base, measured, split);
      MegMemory memory = MegMemory.of(device, base.clip(), data, settings, share.bytes());
      memory.require(device, share.bytes());
      float[] layerWeights = startingLayers(base, measured);
      if (startFrom != null) {
        MegStart.mergeInto(startFrom, device, base.clip());
      }
      try (RunFolder run = RunFolder.open(out, existing)) {
        MegConfig config = config(base, measured, data);
        if (resumed) {
          MegStart.requireSame(out, MegConfig.read(out), config);
          run.requireSameConfig(config, MegConfig.MAY_DIFFER, MegConfig.OPTIONS);
        } else {
          run.writeJson(RunFolder.CONFIG, config);
          run.writeJson(RunFolder.VERSIONS, BehaviorRun.versions(device));
          run.writeText(RunFolder.SPLIT, split.toJson());
          int width = data.textUnit().length / data.prompts();
          NpyWriter.write(out.resolve(TEXT_UNIT), Shape.of(data.prompts(), width), data.textUnit());
        }
        lines(base, data, split, memory).forEach(progress::message);
        MegResult result;
        try (MegTrainer trainer = new MegTrainer(device, base.clip(), data, settings, run, share)) {
          if (layerWeights != null) {
            device.write(trainer.parameters().layers().weights().value(), layerWeights, 0);
          }
          result = trainer.train(progress, stop);
        }
        boolean whole =
            result.interrupted()
                || settings.preset().noisyEvaluation()
                || MegDeviation.store(base, config, data, run, progress, stop);
        return new Outcome(
            whole ? result : result.interruptedAfterTraining(), config.trainableParameters());
      }
    }
  }

  /**
   * Asserts that folder, target, images and start allow the run, as far as can be told at once.
   *
   * @throws InputException if they do not; nothing is written in any case
   */
  void require(ClipModel base) {
    RunFolder.require(out, existing);
    try (MegTarget measured = MegTarget.open(target)) {
      inputs(measured, split(measured));
      startingLayers(base, measured);
    }
  }

  /**
   * What the run would train and take in memory, without doing any of it.
   *
   * @throws InputException if data or settings do not allow the run
   */
  public List<String> describe(ClipModel base) {
    try (MegTarget measured = MegTarget.open(target)) {
      Split split = split(measured);
      MegData data = data(base, measured, split);
      startingLayers(base, measured);
      return lines(base, data, split, memory(base, data));
    }
  }

  /**
   * What the run would need, were it alone on the model's device.
   *
   * @param threads see {@link ParticipantJobs.Needs}
   */
  public ParticipantJobs.Needs needs(ClipModel base, int threads) {
    try (MegTarget measured = MegTarget.open(target)) {
      MegMemory memory = memory(base, data(base, measured, split(measured)));
      long weights = ClipModel.weightBytes(base.config(), base.device().precision());
      long free = base.device().availableBytes() + weights;
      return new ParticipantJobs.Needs(weights, memory.total(), memory.recompute(), free, threads);
    }
  }

  private float[] startingLayers(ClipModel base, MegTarget measured) {
    return startFrom == null
        ? null
        : MegStart.layerWeights(startFrom, out, measured, base.config().vision().blocks());
  }

  private MegMemory memory(ClipModel base, MegData data) {
    Device device = base.device();
    return MegMemory.of(device, base.clip(), data, settings, device.availableBytes());
  }

  private List<String> lines(ClipModel base, MegData data, Split split, MegMemory memory) {
    MegPreset preset = settings.preset();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%d images train, %d validate, %d are held out; %d times, %d prompts"
            .formatted(
                data.train(),
                data.validation(),
                split.heldOut().size(),
                data.times(),
                data.prompts()));
    lines.add(
        "%,d parameters train (%s): layer weights [%d, %d], adapters of rank %d on %d blocks"
            .formatted(
                trainable(base, data),
                preset.name(),
                data.times(),
                base.config().vision().blocks(),
                settings.rank(),
                base.config().vision().blocks()));
    lines.add(memory.describe());
    return lines;
  }

  private long trainable(ClipModel base, MegData data) {
    return MegTrainer.parameters(
            Arena.planning(base.device().precision()), base.clip(), data, settings)
        .trainableCount();
  }

  private boolean resumes() {
    return existing == RunFolder.Existing.RESUME
        && Checkpoints.lastState(out, MegState.class).isPresent();
  }

  /** The stored split of a run that is resumed, else a new one. */
  private Split split(MegTarget measured) {
    if (resumes()) {
      return Split.read(out.resolve(RunFolder.SPLIT));
    }
    List<String> names = measured.names();
    if (names.isEmpty()) {
      throw new InputException(
          target + ": its conditions have no names; condense again with --things or --names");
    }
    if (settings.scope() == MegSettings.Scope.GROUP) {
      Things source = Things.open(things);
      List<String> heldOut =
          source.hasHeldOut()
              ? source.heldOut().stream().filter(names::contains).toList()
              : List.of();
      return Split.draw(names, heldOut, GROUP_PART, settings.seed());
    }
    int held =
        Math.clamp((long) names.size() * INDIVIDUAL_HELD_OUT / INDIVIDUAL_IMAGES, 3, names.size());
    List<String> heldOut = names.subList(names.size() - held, names.size());
    return Split.draw(names, heldOut, INDIVIDUAL_PART, settings.seed());
  }

  private record Inputs(List<String> names, List<Path> files, MeasuredPairs pairs) {}

  private Inputs inputs(MegTarget measured, Split split) {
    List<String> names = new ArrayList<>(split.train());
    names.addAll(split.validation());
    MeasuredPairs pairs = new MeasuredPairs(measured, names);
    MegBatches batches =
        MegTrainer.batches(split.train().size(), split.validation().size(), settings);
    pairs.require(batches.validationBatches());
    pairs.require(batches.trainingBatches(1));
    return new Inputs(names, MegImages.of(things, names), pairs);
  }

  private MegData data(ClipModel base, MegTarget measured, Split split) {
    Inputs inputs = inputs(measured, split);
    ImagePreprocessor preprocessor = preprocessing.forModel(model, base.config());
    Prompts used = usedPrompts();
    BehaviorData.TokenBatch tokens =
        BehaviorData.TokenBatch.of(used.texts(), Tokenizer.load(model), base.clip().text());
    AdapterWeights adapter = behavior == null ? null : AdapterWeights.of(behavior);
    return new MegData(
        split.train().size(),
        inputs.names(),
        courses(measured),
        window(measured),
        inputs.pairs(),
        used.count(),
        TextUnits.of(base.device(), base.clip(), tokens, used.count(), adapter),
        (index, into, offset) ->
            preprocessor.apply(ImageDecoder.read(inputs.files().get(index)), into, offset));
  }

  private Prompts usedPrompts() {
    Prompts used =
        behavior == null ? prompts : new Prompts(BehaviorConfig.read(behavior).prompts());
    if (used.count() < FEWEST_PROMPTS) {
      throw new InputException(
          "prompts: %d, expected at least %d, since correlations over prompts are compared"
              .formatted(used.count(), FEWEST_PROMPTS));
    }
    return used;
  }

  private static int window(MegTarget measured) {
    return (int) Math.round(WINDOW_MS / measured.axis().stepMs());
  }

  private static TimeCourses courses(MegTarget measured) {
    return new TimeCourses(
        floats(measured.courses().alpha()),
        floats(measured.courses().beta()),
        floats(measured.courses().nu()));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int t = 0; t < floats.length; t++) {
      floats[t] = (float) values[t];
    }
    return floats;
  }

  private MegConfig config(ClipModel base, MegTarget measured, MegData data) {
    MegPreset.Rates rates = settings.preset().rates();
    return new MegConfig(
        MegConfig.stage(settings.scope()),
        model.toString(),
        things.toString(),
        target.toString(),
        measured.header().sha256(),
        behavior == null ? "" : behavior.toString(),
        startFrom == null ? "" : startFrom.toString(),
        settings.preset().name(),
        settings.rank(),
        settings.epochs(),
        settings.patience(),
        settings.firstEpochs(),
        settings.secondStage(),
        settings.batch(),
        settings.seed(),
        rates.layersFirst(),
        rates.layersSecond(),
        rates.adapters(),
        settings.weightDecay(),
        MegConfig.label(preprocessing),
        usedPrompts().texts(),
        data.window(),
        measured.axis().firstMs(),
        measured.axis().stepMs(),
        data.courses().richness(),
        data.courses().generalization(),
        data.courses().noiseLevel(),
        trainable(base, data),
        BehaviorConfig.baseWeights(base.device(), base.clip(), MegParameters.sites(base.config())));
  }
}
