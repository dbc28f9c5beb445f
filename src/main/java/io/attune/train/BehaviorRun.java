package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.ConceptOrder;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.device.Device;
import io.attune.hba.AdapterSettings;
import io.attune.hba.Prompts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * A behaviour run from folder to folder: data, split, memory check, run folder, training.
 *
 * @param model folder of the base model
 * @param things folder of the data
 * @param out the run's folder
 * @param existing what to do if it is there already
 * @param settings how to train
 * @param preprocessing of images; the paper's own by default
 * @param order which concept each row of the behavioural matrix is given to
 * @param prompts one a dimension
 * @param concepts how many train and validate together, drawn by the seed; empty for all
 */
public record BehaviorRun(
    Path model,
    Path things,
    Path out,
    RunFolder.Existing existing,
    BehaviorSettings settings,
    Preprocessing preprocessing,
    ConceptOrder order,
    Prompts prompts,
    OptionalInt concepts) {
  /** Part of the concepts that are not held out that trains. */
  private static final double TRAINING_PART = 0.8;

  private static final String PRECISION = "precision";

  /** A run on all concepts. */
  public BehaviorRun(
      Path model,
      Path things,
      Path out,
      RunFolder.Existing existing,
      BehaviorSettings settings,
      Preprocessing preprocessing,
      ConceptOrder order,
      Prompts prompts) {
    this(
        model, things, out, existing, settings, preprocessing, order, prompts, OptionalInt.empty());
  }

  /**
   * How a run ended.
   *
   * @param training losses and alignments
   * @param trainableParameters numbers that train
   */
  public record Outcome(TrainingResult training, long trainableParameters) {
    /** Alignment of plain CLIP, without adapters. */
    public double spearmanBefore() {
      return training.base().spearman();
    }

    /** Alignment at the best epoch. */
    public double spearmanAfter() {
      return training.best().spearman();
    }

    public int bestEpoch() {
      return training.bestEpoch();
    }
  }

  /**
   * Trains, from the last checkpoint when resuming.
   *
   * @param base the opened model of {@link #model}; its weights stay as they are
   * @param stop asked after each step; true saves and returns
   * @throws InputException if data, settings or memory do not allow the run; nothing is written
   *     then
   */
  public Outcome train(ClipModel base, Progress progress, BooleanSupplier stop) {
    Device device = base.device();
    boolean resumed = resumes();
    Split split = split();
    BehaviorData data = data(base, split);
    try (BehaviorTrainer trainer = trainer(base, data)) {
      trainer.requireMemory();
      try (RunFolder run = RunFolder.open(out, existing)) {
        BehaviorConfig config = config(base, trainer);
        if (resumed) {
          run.requireSameConfig(config, BehaviorConfig.MAY_DIFFER);
          warnOfOtherMachine(run, device, progress);
        } else {
          run.writeJson(RunFolder.CONFIG, config);
          run.writeJson(RunFolder.VERSIONS, versions(device));
          run.writeText(RunFolder.SPLIT, split.toJson());
        }
        progress.message(parts(data));
        trainer.describe().forEach(progress::message);
        TrainingResult result = trainer.train(run, progress, stop);
        return new Outcome(result, trainer.trainableParameters());
      }
    }
  }

  /**
   * What the run would train, cache and take in memory, without doing any of it.
   *
   * @throws InputException if data or settings do not allow the run
   */
  public List<String> describe(ClipModel base) {
    BehaviorData data = data(base, split());
    try (BehaviorTrainer trainer = trainer(base, data)) {
      List<String> lines = new ArrayList<>();
      lines.add(parts(data));
      lines.addAll(trainer.describe());
      lines.addAll(trainer.memoryPlan().describe());
      return lines;
    }
  }

  private static String parts(BehaviorData data) {
    return "%d concepts train, %d validate, %d are held out"
        .formatted(data.train(), data.validation(), data.heldOut().size());
  }

  private boolean resumes() {
    return existing == RunFolder.Existing.RESUME && Checkpoints.lastState(out).isPresent();
  }

  /** The stored split of a run that is resumed, else a new one. */
  private Split split() {
    if (resumes()) {
      Split stored = Split.read(out.resolve(RunFolder.SPLIT));
      int count = stored.train().size() + stored.validation().size();
      if (concepts.orElse(count) != count) {
        throw new InputException(
            "%s: it was begun with %d concepts, not %d; resume it with as many"
                .formatted(out, count, concepts.getAsInt()));
      }
      return stored;
    }
    Things source = Things.open(things, order);
    List<String> heldOut = source.hasHeldOut() ? source.heldOut() : List.of();
    int most = concepts.orElse(Integer.MAX_VALUE);
    long open = source.concepts().stream().filter(c -> !heldOut.contains(c)).count();
    if (concepts.isPresent() && (most < 2 || most > open)) {
      throw new InputException(
          "%s: expected 2 to %d concepts to train and validate, found %d"
              .formatted(things, open, most));
    }
    return Split.draw(source.concepts(), heldOut, most, TRAINING_PART, settings.seed());
  }

  private BehaviorData data(ClipModel base, Split split) {
    return BehaviorData.of(
        Things.open(things, order),
        split,
        prompts,
        Tokenizer.load(model),
        base.clip().text(),
        preprocessing.forModel(model, base.config()));
  }

  /** A resumed run caches what it cached before, since what is free now may differ. */
  private BehaviorTrainer trainer(ClipModel base, BehaviorData data) {
    BehaviorTrainer.CacheDecision decided = null;
    if (resumes() && settings.cache().kind() == CacheLimit.Kind.AUTO) {
      BehaviorConfig stored = BehaviorConfig.read(out);
      decided = new BehaviorTrainer.CacheDecision(stored.cacheImages(), stored.cacheTexts());
    }
    return new BehaviorTrainer(base.device(), base.clip(), data, settings, decided);
  }

  private BehaviorConfig config(ClipModel base, BehaviorTrainer trainer) {
    AdapterSettings adapter = settings.adapterSettings();
    return new BehaviorConfig(
        BehaviorConfig.STAGE,
        model.toString(),
        things.toString(),
        settings.preset().name(),
        adapter.kind().label(),
        adapter.rank(),
        adapter.alpha(),
        adapter.rankStabilized(),
        settings.visionBlocks(),
        settings.textBlocks(),
        settings.epochs(),
        settings.patience(),
        settings.batch(),
        settings.seed(),
        settings.learningRate(),
        settings.weightDecay(),
        preprocessing.name().toLowerCase(Locale.ROOT),
        order.name().toLowerCase(Locale.ROOT),
        prompts.texts(),
        trainer.trainableParameters(),
        trainer.cacheDecision().images(),
        trainer.cacheDecision().texts(),
        BehaviorConfig.baseWeights(base.device(), base.clip(), trainer.sites()));
  }

  static Map<String, String> versions(Device device) {
    String own = BehaviorRun.class.getPackage().getImplementationVersion();
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("attune", Objects.requireNonNullElse(own, "built from sources"));
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    versions.put("device", device.description());
    versions.put(PRECISION, device.precision().name());
    return versions;
  }

  /** Only the same machine and number of threads give the same bits. */
  private static void warnOfOtherMachine(RunFolder run, Device device, Progress progress) {
    versions(device)
        .forEach(
            (name, now) -> {
              String then =
                  run.readJson(RunFolder.VERSIONS).map(v -> v.path(name).asText()).orElse(now);
              if (!then.equals(now)) {
                progress.message(
                    "the run began with %s '%s', now '%s': results may differ%s"
                        .formatted(
                            name,
                            then,
                            now,
                            name.equals(PRECISION)
                                ? " by what the less precise of them rounds away"
                                : " in the last digits"));
              }
            });
  }

  /** Whether a folder holds a run that can be resumed or read. */
  public static boolean isRun(Path folder) {
    return Files.exists(folder.resolve(RunFolder.CONFIG));
  }
}
