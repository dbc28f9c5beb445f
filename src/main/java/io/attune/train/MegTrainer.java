package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.ClassTokenSimilarity;
import io.attune.hba.MegLossWeights;
import io.attune.hba.MegParameters;
import io.attune.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Trains a MEG model in two stages (spec/clip-hba.md sections 6 and 7): layer weights on cached
 * features, then, from the best of these and with a fresh AdamW, the adapters too. After any
 * interruption a resumed run computes what the uninterrupted one would have.
 */
public final class MegTrainer implements AutoCloseable {
  private static final Duration SAVE_EVERY = Duration.ofMinutes(5);

  private final Device device;
  private final Clip clip;
  private final MegData data;
  private final MegSettings settings;
  private final RunFolder run;
  private final Checkpoints checkpoints;
  private final MegBatches batches;
  private final Arena arena;
  private final MegParameters parameters;
  private final AdamW layers;
  private final AdamW adapters;
  private final Tensor matrix;
  private final boolean recompute;
  private final SharedFeatures shared;
  private MegState state;
  private long lastSave;
  private StepTime secondTime = StepTime.NONE;

  /** A trainer in an open run folder; memory is that of {@link MegMemory}. */
  public MegTrainer(Device device, Clip clip, MegData data, MegSettings settings, RunFolder run) {
    this(device, clip, data, settings, run, MegShare.alone(device));
  }

  /** A trainer beside others. */
  MegTrainer(
      Device device, Clip clip, MegData data, MegSettings settings, RunFolder run, MegShare share) {
    this.device = device;
    this.clip = clip;
    this.data = data;
    this.settings = settings;
    this.run = run;
    this.checkpoints = new Checkpoints(run);
    this.recompute = MegMemory.of(device, clip, data, settings, share.bytes()).recompute();
    this.shared = share.features();
    this.batches = batches(data, settings);
    this.arena = Arena.on(device);
    this.parameters = parameters(arena, clip, data, settings);
    this.layers = layerOptimizer(arena, parameters, settings);
    this.adapters = adapterOptimizer(arena, parameters, settings);
    this.matrix = matrix(arena, clip, data);
    parameters.adapters().attach(clip);
    parameters.initialize(device, clip, settings.seed());
    Tensor textUnit = arena.allocate("text_unit", data.prompts(), clip.config().projection());
    device.write(textUnit, data.textUnit(), 0);
    float scale = (float) Math.exp(device.toArray(clip.logitScale().value())[0]);
    Tensor projection = clip.vision().projection().ownWeight().value();
    ClassTokenSimilarity.matrix(device, textUnit, projection, scale, matrix);
  }

  static MegBatches batches(MegData data, MegSettings settings) {
    return batches(data.train(), data.validation(), settings);
  }

  static MegBatches batches(int train, int validation, MegSettings settings) {
    boolean reshuffled = settings.scope() == MegSettings.Scope.INDIVIDUAL;
    return new MegBatches(train, validation, settings.batch(), reshuffled, settings.seed());
  }

  static MegParameters parameters(Arena arena, Clip clip, MegData data, MegSettings settings) {
    return MegParameters.allocate(
        arena,
        clip.config(),
        settings.adapterSettings(),
        new MegParameters.Mixing(data.times(), data.window()),
        settings.preset().magnitudeTrains());
  }

  static AdamW layerOptimizer(Arena arena, MegParameters parameters, MegSettings settings) {
    return new AdamW(
        arena,
        AdamW.Settings.DEFAULT,
        List.of(new AdamW.Group(List.of(parameters.layers().weights()), settings.weightDecay())));
  }

  static AdamW adapterOptimizer(Arena arena, MegParameters parameters, MegSettings settings) {
    return new AdamW(
        arena,
        AdamW.Settings.DEFAULT,
        List.of(new AdamW.Group(parameters.adapterParameters(), settings.weightDecay())));
  }

  static Tensor matrix(Arena arena, Clip clip, MegData data) {
    return arena.allocate("similarity", data.prompts(), clip.config().vision().width());
  }

  /** What trains, in place. */
  public MegParameters parameters() {
    return parameters;
  }

  /**
   * Trains to the end, or until {@code stop} says so; asked after each step.
   *
   * @throws NonFiniteLossException if a loss is NaN or infinite; the last checkpoint stands
   */
  public MegResult train(Progress progress, BooleanSupplier stop) {
    lastSave = System.nanoTime();
    boolean resumed = checkpoints.present();
    if (resumed) {
      state = checkpoints.restore(device, trained(), moments(), MegState.class);
      writeMetrics();
      progress.message(
          "resuming stage %s after epoch %d, batch %d, from %s"
              .formatted(state.stage(), state.epoch(), state.batch(), checkpoints.lastName()));
    }
    if (!resumed || (state.stage() == MegStageName.A && !finished() && !firstIsOver())) {
      if (!trainFirst(progress, stop)) {
        return state == null ? MegResult.interruptedBeforeTraining() : MegResult.of(state, true);
      }
    }
    if (!finished() && state.stage() == MegStageName.A) {
      begin(progress);
    }
    if (!finished() && !trainSecond(progress, stop)) {
      return MegResult.of(state, true);
    }
    if (state.best().epoch() == 0) {
      progress.message("no epoch was better than the start, which is kept");
    }
    return MegResult.of(state, false);
  }

  private boolean finished() {
    return state.epoch() >= settings.epochs()
        || (state.stage() == MegStageName.B && state.epochsSinceBest() >= settings.patience())
        || (!settings.secondStage() && firstIsOver());
  }

  private boolean firstIsOver() {
    return settings.firstEpochs() > 0
        ? state.stageEpoch() >= settings.firstEpochs()
        : state.epochsSinceBest() >= settings.patience();
  }

  /** Stage A: false if asked to stop before its end. */
  private boolean trainFirst(Progress progress, BooleanSupplier stop) {
    parameters.adapters().compose(device);
    try (Arena own = Arena.on(device)) {
      MegFeatureCache cache = new MegFeatureCache(own, device, clip, data, settings.batch());
      if (!shared.fill(
          data.names(), device, cache.features(), () -> cache.fill(matrix, progress, stop))) {
        return false;
      }
      try (MegStage stage = stage(own, cache.features())) {
        if (state == null) {
          MegLossWeights start = evaluate(stage);
          requireFinite(start, "before training");
          state = MegState.untrained(settings.scope().weights(), start);
          save(true);
          writeMetrics();
          progress.message(
              "before training: pearson %.4f  mse %.4f  generalization %.4f"
                  .formatted(start.pearson(), start.meanSquaredError(), start.generalization()));
        }
        return train(stage, progress, stop);
      }
    }
  }

  /** What the steps of stage B took, and waited for images; those of stage A read none. */
  public StepTime secondTime() {
    return secondTime;
  }

  /** From the best of stage A, with a fresh AdamW. */
  private void begin(Progress progress) {
    boolean late = settings.preset().patienceCarriesOver() && settings.firstEpochs() > 0;
    checkpoints.restoreBest(device, trained());
    moments().forEach(moment -> device.elementwise().fill(0, moment));
    state = state.second(late && !state.improved() ? 1 : 0);
    save(false);
    progress.message(
        "stage B: %,d parameters train, from epoch %d"
            .formatted(parameters.trainableCount(), state.best().epoch()));
  }

  /** Stage B: false if asked to stop before its end. */
  private boolean trainSecond(Progress progress, BooleanSupplier stop) {
    try (Arena own = Arena.on(device);
        MegStage stage = stage(own, null)) {
      return train(stage, progress, stop);
    }
  }

  private MegStage stage(Arena own, Tensor cache) {
    return new MegStage(
        own, device, clip, parameters, data, settings, batches.sizes(), matrix, cache, recompute);
  }

  private boolean train(MegStage stage, Progress progress, BooleanSupplier stop) {
    stage.normalize(state.normalizers());
    MegStageName name = state.stage();
    while (!finished() && !(name == MegStageName.A && firstIsOver())) {
      if (!trainEpoch(stage, progress, stop)) {
        return false;
      }
      if (stop.getAsBoolean() && !finished()) {
        return false;
      }
    }
    return true;
  }

  private boolean trainEpoch(MegStage stage, Progress progress, BooleanSupplier stop) {
    int epoch = state.epoch() + 1;
    int[][] order = batches.trainingBatches(epoch);
    int[][] validation = batches.validationBatches();
    long before = state.images();
    long stepsBefore = state.step();
    long waitedBefore = stage.waitedNanoseconds();
    long begin = System.nanoTime();
    try (Progress.Task bar = progress.start("epoch " + epoch, "images", data.train())) {
      bar.advance(before);
      while (state.batch() < order.length) {
        int next = state.batch() + 1;
        step(stage, order[next - 1], next < order.length ? order[next] : validation[0]);
        bar.advance(order[state.batch() - 1].length);
        boolean stopping = stop.getAsBoolean();
        if (stopping || System.nanoTime() - lastSave > SAVE_EVERY.toNanos()) {
          save(false);
          if (stopping) {
            return false;
          }
        }
      }
    }
    device.synchronize();
    StepTime own =
        new StepTime(
            state.step() - stepsBefore,
            System.nanoTime() - begin,
            stage.waitedNanoseconds() - waitedBefore);
    if (state.stage() == MegStageName.B) {
      secondTime = secondTime.plus(own);
    }
    complete(stage, progress, (state.images() - before) / (own.nanoseconds() * 1e-9), own);
    return true;
  }

  private void step(MegStage stage, int[] images, int[] next) {
    MegLossWeights parts = stage.train(images, next, state.step() + 1);
    String where =
        "epoch %d, step %d: the training loss".formatted(state.epoch() + 1, state.step() + 1);
    requireFinite(parts, where);
    MegPresetRates rates = rates();
    long t = state.stageStep() + 1;
    layers.step(device, rates.layers(), t);
    if (rates.adapters() > 0) {
      adapters.step(device, rates.adapters(), t);
    }
    state = state.stepped(images.length, total(parts));
  }

  private record MegPresetRates(double layers, double adapters) {}

  private MegPresetRates rates() {
    return state.stage() == MegStageName.A
        ? new MegPresetRates(settings.preset().rates().layersFirst(), 0)
        : new MegPresetRates(
            settings.preset().rates().layersSecond(), settings.preset().rates().adapters());
  }

  private void complete(MegStage stage, Progress progress, double imagesPerSecond, StepTime time) {
    MegLossWeights parts = evaluate(stage);
    requireFinite(parts, "epoch " + (state.epoch() + 1) + ": the validation loss");
    MegEpoch row =
        new MegEpoch(
            state.epoch() + 1,
            state.stage(),
            state.lossSum() / state.images(),
            total(parts),
            parts,
            imagesPerSecond);
    state = state.completed(row);
    save(state.improved());
    writeMetrics();
    progress.message(
        "epoch %3d %s  train %.4f  validation %.4f  pearson %.4f  mse %.4f  generalization %.4f  %.1f images/s%s%s"
            .formatted(
                row.epoch(),
                row.stage(),
                row.trainLoss(),
                row.validationLoss(),
                parts.pearson(),
                parts.meanSquaredError(),
                parts.generalization(),
                imagesPerSecond,
                time.complaint(),
                state.improved() ? "  best" : ""));
  }

  /** Plain means over the validation batches; noise is numbered by epoch and batch. */
  private MegLossWeights evaluate(MegStage stage) {
    stage.compose();
    int[][] validation = batches.validationBatches();
    int epoch = state == null ? 0 : state.epoch() + 1;
    double[] sums = new double[3];
    for (int n = 0; n < validation.length; n++) {
      int[] next = n + 1 < validation.length ? validation[n + 1] : new int[0];
      MegLossWeights parts =
          stage.evaluate(validation[n], next, (long) epoch * validation.length + n);
      sums[0] += parts.pearson();
      sums[1] += parts.meanSquaredError();
      sums[2] += parts.generalization();
    }
    int count = validation.length;
    return new MegLossWeights(sums[0] / count, sums[1] / count, sums[2] / count);
  }

  private double total(MegLossWeights parts) {
    return settings.scope().weights().total(state.normalizers(), parts);
  }

  private List<Tensor> trained() {
    List<Tensor> trained = new ArrayList<>(layers.parameters());
    trained.addAll(adapters.parameters());
    return trained;
  }

  private List<Tensor> moments() {
    List<Tensor> moments = new ArrayList<>(layers.moments());
    moments.addAll(adapters.moments());
    return moments;
  }

  private void save(boolean best) {
    List<Tensor> kept = trained();
    kept.addAll(moments());
    int bad = device.reduce().firstNonFinite(kept.toArray(Tensor[]::new));
    if (bad >= 0) {
      throw new NonFiniteLossException(
          "after step %d: a parameter or its moment".formatted(state.step()),
          Double.NaN,
          kept.get(bad).name(),
          checkpoints.lastName());
    }
    checkpoints.save(device, state, best, trained(), moments());
    lastSave = System.nanoTime();
  }

  private void writeMetrics() {
    run.writeText(RunFolder.METRICS, MegEpoch.format(state.metrics()));
  }

  private void requireFinite(MegLossWeights parts, String where) {
    double sum = parts.pearson() + parts.meanSquaredError() + parts.generalization();
    if (!Double.isFinite(sum)) {
      List<Tensor> tensors = trained();
      tensors.addAll(layers.gradients());
      tensors.addAll(adapters.gradients());
      int bad = device.reduce().firstNonFinite(tensors.toArray(Tensor[]::new));
      String name = bad < 0 ? "the loss itself" : tensors.get(bad).name();
      throw new NonFiniteLossException(where, sum, name, checkpoints.lastName());
    }
  }

  @Override
  public void close() {
    parameters.adapters().detach(clip);
    arena.close();
  }
}
