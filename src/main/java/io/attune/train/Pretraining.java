package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.clip.ClipWeights;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.clip.Tokenizer;
import io.attune.clip.VocabularyTrainer;
import io.attune.data.Captions;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.LargestBatch;
import io.attune.device.Philox;
import io.attune.format.Safetensors;
import io.attune.hba.Prompts;
import io.attune.hba.RandomStream;
import io.attune.nn.Parameter;
import io.attune.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes a CLIP model from image-caption pairs, from nothing: vocabulary, random weights,
 * contrastive training. The run folder ends with {@code model/}, a Hugging Face folder of the best
 * epoch's weights.
 */
public final class Pretraining {
  /** Folder of the finished model within the run. */
  public static final String MODEL = "model";

  /** AdamW as CLIP was trained (Radford et al. 2021, hyperparameters of the ViT models). */
  static final AdamW.Settings MOMENTS = new AdamW.Settings(0.9, 0.98, 1e-6);

  private final Device device;
  private final PretrainSettings settings;
  private final Progress progress;
  private final boolean recompute;

  /**
   * @param recompute keep only each block's input for the backward pass and compute the rest again:
   *     far less memory, about a third more work, the same results
   */
  public Pretraining(
      Device device, PretrainSettings settings, Progress progress, boolean recompute) {
    this.device = device;
    this.settings = settings;
    this.progress = progress;
    this.recompute = recompute;
  }

  /**
   * The finished model's file.
   *
   * @param dtype F32, F16 or BF16
   * @param logitScale what cosines are multiplied by in the finished model; null for what was
   *     learnt. Short training ends far below the 100 of published CLIPs, and the behaviour stage,
   *     whose targets reach 100, would be capped by it. Neither embeddings nor the order of
   *     similarities depend on it.
   */
  public record Finish(DType dtype, Double logitScale) {
    public Finish {
      if (logitScale != null && !(logitScale > 0 && logitScale <= 100)) {
        throw new InputException(
            "logit scale: expected a number above 0, at most 100, found " + logitScale);
      }
    }
  }

  /**
   * Runs it.
   *
   * @param out run folder
   * @param finish what to make of the best weights
   * @param stop asked after each step
   * @throws InputException if the data or the folder cannot be used
   */
  public TrainingResult run(
      Path out, RunFolder.Existing existing, Finish finish, BooleanSupplier stop) {
    Captions captions = Captions.read(Path.of(settings.data()));
    ClipConfig sizes = ClipArchitecture.named(settings.architecture()).config();
    try (RunFolder run = RunFolder.open(out, existing)) {
      run.requireSameConfig(settings, List.of("data"));
      run.writeJson(RunFolder.CONFIG, settings);
      Path folder = modelFolder(out);
      trainVocabulary(captions, folder);
      Tokenizer tokenizer = Tokenizer.load(folder);
      ClipConfig config = sizes.withVocabulary(tokenizer.vocabularySize(), tokenizer.endId());
      PreprocessorConfig preprocessor = PreprocessorConfig.standard(config.imageSize());
      preprocessor.write(folder);
      requireMemory(config, split(captions, tokenizer, config.context()));
      try (ClipModel model = ClipModel.random(config, device, settings.seed());
          Arena arena = Arena.on(device)) {
        TrainingResult result =
            train(run, model.clip(), arena, captions, tokenizer, preprocessor, stop);
        if (!result.interrupted()) {
          writeModel(model, out, folder, finish);
        }
        return result;
      }
    }
  }

  private void writeModel(ClipModel model, Path out, Path folder, Finish finish) {
    try (Safetensors best = Safetensors.open(Checkpoints.best(out))) {
      ClipWeights.load(best, model.clip(), device);
      model.clip().refresh(device);
    }
    if (finish.logitScale() != null) {
      float logarithm = (float) Math.log(finish.logitScale());
      device.elementwise().fill(logarithm, model.clip().logitScale().value());
    }
    model.save(folder, finish.dtype());
  }

  /**
   * What a run would train and take in memory, without doing any of it. Only the vocabulary is
   * trained, in a temporary folder: it settles how long captions are.
   *
   * @throws InputException if the data cannot be used
   */
  public List<String> describe() {
    Captions captions = Captions.read(Path.of(settings.data()));
    try {
      Path folder = Files.createTempDirectory("attune-vocabulary");
      try {
        trainVocabulary(captions, folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        ClipConfig config =
            ClipArchitecture.named(settings.architecture())
                .config()
                .withVocabulary(tokenizer.vocabularySize(), tokenizer.endId());
        Split split = split(captions, tokenizer, config.context());
        List<String> lines = new ArrayList<>();
        lines.add(describe(split, planned(config)));
        lines.addAll(memory(config, split, settings.batch()).describe());
        return lines;
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new InputException("no temporary folder can be made (%s)".formatted(e), e);
    }
  }

  private void requireMemory(ClipConfig config, Split split) {
    MemoryPlan plan = memory(config, split, settings.batch());
    long free = device.availableBytes();
    if (plan.total() > free) {
      String parts =
          plan.parts().stream()
              .map(part -> part.name() + " " + TrainingPlan.size(part.bytes()))
              .collect(Collectors.joining(", "));
      int fits =
          LargestBatch.within(
              Math.min(settings.batch(), split.training().size()) - 1,
              free,
              batch -> memory(config, split, batch).total());
      throw new InputException(
          "too little memory on %s: the run needs %s (%s), %s is free - %s"
              .formatted(
                  device.name(),
                  TrainingPlan.size(plan.total()),
                  parts,
                  TrainingPlan.size(free),
                  fits > 0
                      ? "--batch %d would fit".formatted(fits)
                      : "give more memory: not even one pair fits"));
    }
  }

  private Clip planned(ClipConfig config) {
    Clip planned = new Clip(config, Arena.planning(device.precision()));
    planned.setTrainable(true);
    return planned;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** Prepares a run of a planned model on planning arenas. */
  private MemoryPlan memory(ClipConfig config, Split split, int batchSize) {
    Clip planned = planned(config);
    long trained = planned.trainableParameters();
    Arena counting = Arena.planning(device.precision());
    planned.allocateGradients(counting);
    long gradients = counting.bytes();
    PreprocessorConfig preprocessor = PreprocessorConfig.standard(planned.config().imageSize());
    try (ContrastiveTask task = task(planned, counting, split, preprocessor, batchSize)) {
      long activations = counting.bytes() - gradients;
      optimizer(counting, planned);
      long moments = counting.bytes() - gradients - activations;
      int batch = task.batchSize();
      long image = ImagePreprocessor.clip(preprocessor).length();
      return new MemoryPlan()
          .add(
              "weights",
              ClipModel.weightBytes(config, device.precision()),
              MemoryPlan.weights(device.precision(), trained))
          .add("gradients", gradients, "4 x %,d".formatted(trained))
          .add("moments", moments, "2 x 4 x %,d".formatted(trained))
          .add(
              "activations",
              activations,
              "%d images of %d tokens, %d texts of %d, all blocks kept for the way back"
                  .formatted(
                      batch, planned.config().visionTokens(), batch, split.training().length()))
          .add("pixels", 2 * 4 * batch * image, "2 x 4 x %d images x %,d".formatted(batch, image));
    }
  }

  private static Path modelFolder(Path out) {
    Path folder = out.resolve(MODEL);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException("%s: cannot be created (%s)".formatted(folder, e), e);
    }
    return folder;
  }

  /** Captions, and the prompts' words so that these do not fall apart into letters. */
  private void trainVocabulary(Captions captions, Path folder) {
    List<String> texts = new ArrayList<>();
    captions.pairs().forEach(pair -> texts.add(pair.caption()));
    for (String prompt : Prompts.paper().texts()) {
      texts.add(prompt);
      texts.add(prompt);
    }
    VocabularyTrainer.train(texts, settings.vocabulary(), folder);
  }

  private TrainingResult train(
      RunFolder run,
      Clip clip,
      Arena arena,
      Captions captions,
      Tokenizer tokenizer,
      PreprocessorConfig preprocessor,
      BooleanSupplier stop) {
    clip.setTrainable(true);
    clip.allocateGradients(arena);
    Split split = split(captions, tokenizer, clip.config().context());
    progress.message(describe(split, clip));
    try (ContrastiveTask task = task(clip, arena, split, preprocessor, settings.batch())) {
      TrainerSettings trainerSettings = new TrainerSettings(settings.epochs(), settings.epochs());
      return new Trainer(device, task, optimizer(arena, clip), run, trainerSettings)
          .train(progress, stop);
    }
  }

  private ContrastiveTask task(
      Clip clip, Arena arena, Split split, PreprocessorConfig preprocessor, int batch) {
    long steps = steps(split);
    CosineSchedule schedule =
        new CosineSchedule(settings.learningRate(), Math.round(steps * settings.warmup()), steps);
    return new ContrastiveTask(
        device,
        arena,
        clip,
        split.training(),
        split.validation(),
        ImagePreprocessor.clip(preprocessor),
        batch,
        settings.seed(),
        schedule,
        recompute);
  }

  private AdamW optimizer(Arena arena, Clip clip) {
    return new AdamW(arena, MOMENTS, groups(clip, settings.weightDecay()));
  }

  private long steps(Split split) {
    return (long) settings.epochs() * Math.ceilDiv(split.training().size(), settings.batch());
  }

  private String describe(Split split, Clip clip) {
    return "%,d pairs to train on, %,d to validate, %,d parameters, %,d steps"
        .formatted(
            split.training().size(),
            split.validation().size(),
            clip.trainableParameters(),
            steps(split));
  }

  private record Split(ContrastiveTask.Pairs training, ContrastiveTask.Pairs validation) {}

  private Split split(Captions captions, Tokenizer tokenizer, int context) {
    int total = captions.pairs().size();
    int held = Math.max(1, (int) Math.round(total * settings.validation()));
    if (total - held < 2) {
      throw new InputException(
          "%d pairs are too few to train and validate on; write more with attune data synth"
              .formatted(total));
    }
    int[] order = new Philox(RandomStream.PAIRS.key(settings.seed(), 0)).permutation(total);
    int[][] ids = tokenize(captions, tokenizer, context);
    int length = Arrays.stream(ids).mapToInt(row -> row.length).max().orElseThrow();
    ContrastiveTask.Pairs validation =
        pairs(captions, ids, Arrays.copyOf(order, held), length, tokenizer);
    ContrastiveTask.Pairs training =
        pairs(captions, ids, Arrays.copyOfRange(order, held, total), length, tokenizer);
    return new Split(training, validation);
  }

  /** Matrices and embeddings decay; gains, biases and the logit scale do not, as in CLIP. */
  static List<AdamW.Group> groups(Clip clip, double weightDecay) {
    List<Parameter> decayed = new ArrayList<>();
    List<Parameter> others = new ArrayList<>();
    for (Parameter parameter : clip.parameters()) {
      (parameter.value().shape().rank() >= 2 ? decayed : others).add(parameter);
    }
    return List.of(new AdamW.Group(decayed, weightDecay), new AdamW.Group(others, 0));
  }

  private static int[][] tokenize(Captions captions, Tokenizer tokenizer, int context) {
    int[][] ids = new int[captions.pairs().size()][];
    for (int i = 0; i < ids.length; i++) {
      Captions.Pair pair = captions.pairs().get(i);
      ids[i] = tokenizer.encode(pair.caption());
      if (ids[i].length > context) {
        throw new InputException(
            "%s: the caption of %s has %d tokens, the model reads %d; shorten it"
                .formatted(Captions.FILE_NAME, pair.image(), ids[i].length, context));
      }
    }
    return ids;
  }

  private static ContrastiveTask.Pairs pairs(
      Captions captions, int[][] ids, int[] chosen, int length, Tokenizer tokenizer) {
    List<Path> images = new ArrayList<>();
    int[] padded = new int[chosen.length * length];
    Arrays.fill(padded, tokenizer.endId());
    for (int i = 0; i < chosen.length; i++) {
      images.add(captions.pairs().get(chosen[i]).image());
      int[] text = ids[chosen[i]];
      System.arraycopy(text, 0, padded, i * length, text.length);
    }
    return new ContrastiveTask.Pairs(images, padded, length);
  }
}
