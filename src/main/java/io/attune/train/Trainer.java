package io.attune.train;

import io.attune.Progress;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Trains a task epoch by epoch and keeps its run folder in a state from which the very same run
 * goes on: after any interruption a resumed run computes what the uninterrupted one would have.
 */
public final class Trainer {
  private final Device device;
  private final TrainingTask task;
  private final AdamW optimizer;
  private final RunFolder run;
  private final Checkpoints checkpoints;
  private final TrainerSettings settings;
  private TrainingState state;
  private long lastSave;
  private StepTime time = StepTime.NONE;

  /** A trainer of {@code task} in an open run folder. */
  public Trainer(
      Device device, TrainingTask task, AdamW optimizer, RunFolder run, TrainerSettings settings) {
    this.device = device;
    this.task = task;
    this.optimizer = optimizer;
    this.run = run;
    this.settings = settings;
    this.checkpoints = new Checkpoints(run);
  }

  /**
   * Trains to the end, or until {@code stop} says so; asked after each step.
   *
   * @throws NonFiniteLossException if a loss is NaN or infinite; the last checkpoint stands
   */
  public TrainingResult train(Progress progress, BooleanSupplier stop) {
    lastSave = System.nanoTime();
    boolean resumed = checkpoints.present();
    if (resumed) {
      state = checkpoints.restore(device, optimizer.parameters(), optimizer.moments());
      optimizer.refresh(device);
      writeMetrics();
      progress.message(
          "resuming after epoch %d, batch %d, from %s"
              .formatted(state.epoch(), state.batch(), checkpoints.lastName()));
      if (finished()) {
        return result(false);
      }
    }
    if (!task.prepare(progress, stop)) {
      return resumed ? result(true) : TrainingResult.interruptedBeforeTraining();
    }
    if (!resumed) {
      begin();
    }
    while (!finished()) {
      if (!trainEpoch(progress, stop)) {
        return result(true);
      }
      if (stop.getAsBoolean() && !finished()) {
        return result(true);
      }
    }
    return result(false);
  }

  /** What the steps of {@link #train} took, and waited for images. */
  StepTime time() {
    return time;
  }

  /** Scores the model before anything is trained, and saves that as the best so far. */
  private void begin() {
    Evaluation base = task.evaluateBase();
    Evaluation untrained = task.evaluate();
    requireFinite(untrained.validationLoss(), "before training: the validation loss");
    state = TrainingState.untrained(base == null ? untrained : base, untrained, shuffle(1));
    save(true);
  }

  private boolean finished() {
    return state.epoch() >= settings.epochs() || state.stopping().exhausted(settings.patience());
  }

  /** Trains what is left of an epoch and evaluates; false if asked to stop before its end. */
  private boolean trainEpoch(Progress progress, BooleanSupplier stop) {
    int epoch = state.epoch() + 1;
    int examples = task.examples();
    int size = task.batchSize();
    int batches = (examples + size - 1) / size;
    int[] order = new Philox(task.shuffleKey(epoch)).permutation(examples);
    int batch = state.batch();
    long step = state.step();
    double lossSum = state.lossSum();
    long images = state.images();
    long imagesBefore = images;
    long stepBefore = step;
    long waitedBefore = task.waitedNanoseconds();
    long begin = System.nanoTime();
    try (Progress.Task bar = progress.start("epoch " + epoch, task.unit(), examples)) {
      bar.advance(images);
      while (batch < batches) {
        int from = batch * size;
        int count = Math.min(size, examples - from);
        task.forwardBackward(order, from, count);
        double loss = task.loss();
        step++;
        if (!Double.isFinite(loss)) {
          throw broken("epoch %d, step %d: the training loss".formatted(epoch, step), loss);
        }
        optimizer.step(device, task.learningRate(step), step);
        task.afterStep();
        batch++;
        lossSum += loss * count;
        images += count;
        bar.advance(count);
        boolean stopping = stop.getAsBoolean();
        if (stopping || System.nanoTime() - lastSave > settings.saveEvery().toNanos()) {
          state = state.within(batch, step, lossSum, images);
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
            step - stepBefore, System.nanoTime() - begin, task.waitedNanoseconds() - waitedBefore);
    time = time.plus(own);
    state = state.within(batch, step, lossSum, images);
    complete(progress, epoch, (images - imagesBefore) / (own.nanoseconds() * 1e-9), own);
    return true;
  }

  private void complete(Progress progress, int epoch, double imagesPerSecond, StepTime time) {
    Evaluation evaluation = task.evaluate();
    requireFinite(evaluation.validationLoss(), "epoch " + epoch + ": the validation loss");
    EpochMetrics row =
        new EpochMetrics(
            epoch,
            state.lossSum() / state.images(),
            evaluation.validationLoss(),
            evaluation.spearman(),
            imagesPerSecond);
    state = state.completed(row, shuffle(epoch + 1));
    save(state.stopping().improved());
    writeMetrics();
    progress.message(
        "epoch %3d  train %.4f  validation %.4f  %s%.1f %s/s%s%s"
            .formatted(
                epoch,
                row.trainLoss(),
                row.validationLoss(),
                Double.isNaN(row.spearman()) ? "" : "spearman %.4f  ".formatted(row.spearman()),
                imagesPerSecond,
                task.unit(),
                time.complaint(),
                state.stopping().improved() ? "  best" : ""));
  }

  private TrainingState.Shuffle shuffle(int epoch) {
    PhiloxKey key = task.shuffleKey(epoch);
    return new TrainingState.Shuffle(key.seed(), key.stream(), key.step());
  }

  private void save(boolean best) {
    Tensor[] kept = kept();
    int bad = device.reduce().firstNonFinite(kept);
    if (bad >= 0) {
      throw new NonFiniteLossException(
          "after step %d: a parameter or its moment".formatted(state.step()),
          Double.NaN,
          kept[bad].name(),
          checkpoints.lastName());
    }
    checkpoints.save(device, state, best, optimizer.parameters(), optimizer.moments());
    lastSave = System.nanoTime();
  }

  private Tensor[] kept() {
    List<Tensor> kept = new ArrayList<>(optimizer.parameters());
    kept.addAll(optimizer.moments());
    return kept.toArray(Tensor[]::new);
  }

  private void writeMetrics() {
    run.writeText(RunFolder.METRICS, MetricsFile.format(state.metrics()));
  }

  private void requireFinite(double loss, String where) {
    if (!Double.isFinite(loss)) {
      throw broken(where, loss);
    }
  }

  private NonFiniteLossException broken(String where, double loss) {
    List<Tensor> tensors = new ArrayList<>(optimizer.parameters());
    tensors.addAll(task.inspected());
    tensors.addAll(optimizer.gradients());
    int bad = device.reduce().firstNonFinite(tensors.toArray(Tensor[]::new));
    String name = bad < 0 ? "the loss itself" : tensors.get(bad).name();
    return new NonFiniteLossException(where, loss, name, checkpoints.lastName());
  }

  private TrainingResult result(boolean interrupted) {
    return new TrainingResult(
        state.base(),
        state.untrained(),
        state.stopping(),
        state.metrics(),
        interrupted,
        state.step());
  }
}
