package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.PhiloxKey;
import io.attune.hba.AdapterSet;
import io.attune.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A step of the trainer leaves no garbage: not a byte on any thread. Vector code boxes its vectors
 * until C2 has compiled it, so there steps are made until a hundred leave nothing; without vectors
 * (the execution vectors-scalar) almost the first do. What little work of a real step would keep
 * boxing for long is held by KernelGarbageTest: here all work is little.
 */
class StepGarbageTest {
  private static final int BATCH = 4;
  private static final int STEPS = 20_000;

  /** Steps that must leave nothing, but for one in ten: the JVM has threads of its own. */
  private static final int BLOCK = 100;

  @TempDir private Path folder;

  /** Takes what a step left behind; asked by the trainer after each step. */
  private static final class Meter implements BooleanSupplier {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long before = -1;
    private long last;
    private int allocating;
    private int steps;

    @Override
    public boolean getAsBoolean() {
      long now = threads.getTotalThreadAllocatedBytes();
      if (before >= 0) {
        allocating += now == before ? 0 : 1;
        last = now - before;
      }
      boolean quiet = ++steps % BLOCK == 0 && allocating <= BLOCK / 10;
      if (steps % BLOCK == 0 && !quiet) {
        allocating = 0;
      }
      before = threads.getTotalThreadAllocatedBytes();
      return quiet;
    }
  }

  /** One long epoch of the same few batches. */
  private abstract static class Endless implements TrainingTask {
    final int[] order = IntStream.range(0, 2 * BATCH).toArray();
    private final TrainingTask task;
    private int steps;

    Endless(TrainingTask task) {
      this.task = task;
    }

    abstract void step(int from);

    @Override
    public void forwardBackward(int[] ignored, int from, int count) {
      step(steps++ % 2 * BATCH);
    }

    @Override
    public int examples() {
      return STEPS * BATCH;
    }

    @Override
    public int batchSize() {
      return BATCH;
    }

    @Override
    public PhiloxKey shuffleKey(int epoch) {
      return task.shuffleKey(epoch);
    }

    @Override
    public double learningRate(long step) {
      return task.learningRate(step);
    }

    @Override
    public double loss() {
      return task.loss();
    }

    @Override
    public void afterStep() {
      task.afterStep();
    }

    @Override
    public Evaluation evaluate() {
      return new Evaluation(1, Double.NaN);
    }

    @Override
    public List<Tensor> inspected() {
      return task.inspected();
    }
  }

  private void train(Device device, TrainingTask task, AdamW optimizer) {
    Meter meter = new Meter();
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.REFUSE)) {
      new Trainer(device, task, optimizer, run, new TrainerSettings(1, 1))
          .train(Progress.NONE, meter);
    }
    System.out.printf(
        "%d of the last %d steps allocate, of %d%n", meter.allocating, BLOCK, meter.steps);
    assertTrue(
        meter.steps < STEPS,
        "steps never stop to allocate; the last left " + meter.last + " bytes");
  }

  @Test
  void behaviorStepsLeaveNothing() {
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 1);
    BehaviorData data = TinyBehavior.data();
    try (Device device = Devices.open("cpu").device();
        ClipModel model = TinyBehavior.model(device);
        Arena arena = Arena.on(device)) {
      AdapterSet adapters =
          new AdapterSet(
              arena,
              model.config(),
              settings.adapterSettings(),
              AdapterSet.lastBlocks(model.config(), 2, 1),
              true);
      adapters.attach(model.clip());
      adapters.setBase(device, model.clip());
      adapters.initialize(device, 1);
      TrainingPlan plan =
          TrainingPlan.cachingAll(
              model.config(), adapters, data.images(), data.prompts(), data.promptLength(), BATCH);
      BehaviorTask task =
          new BehaviorTask(arena, device, model.clip(), adapters, data, settings, plan);
      AdamW optimizer =
          new AdamW(
              arena, AdamW.Settings.DEFAULT, List.of(new AdamW.Group(adapters.parameters(), 0.01)));
      task.prepare(Progress.NONE, () -> false);
      Endless endless =
          new Endless(task) {
            @Override
            void step(int from) {
              task.forwardBackward(order, from, BATCH);
            }
          };
      train(device, endless, optimizer);
    }
  }

  /** All but the reading of images, which has threads of its own. */
  @Test
  void contrastiveStepsLeaveNothing() {
    try (Device device = Devices.open("cpu").device();
        ClipModel model = TinyBehavior.model(device);
        Arena arena = Arena.on(device)) {
      Clip clip = model.clip();
      clip.setTrainable(true);
      clip.allocateGradients(arena);
      BehaviorData data = TinyBehavior.data();
      int pairs = 2 * BATCH;
      int[] ids = new int[pairs * data.promptLength()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = data.promptIds()[i % data.promptIds().length];
      }
      ContrastiveTask.Pairs texts =
          new ContrastiveTask.Pairs(
              Collections.nCopies(pairs, Path.of("unread.png")), ids, data.promptLength());
      float[] pixels = new float[BATCH * 3 * 16 * 16];
      try (ContrastiveTask task =
          new ContrastiveTask(
              device,
              arena,
              clip,
              texts,
              texts,
              ImagePreprocessor.clip(PreprocessorConfig.standard(16)),
              BATCH,
              1,
              new CosineSchedule(1e-3, 10, STEPS),
              false)) {
        AdamW optimizer =
            new AdamW(
                arena, AdamW.Settings.DEFAULT, List.of(new AdamW.Group(clip.parameters(), 0.01)));
        Endless endless =
            new Endless(task) {
              @Override
              void step(int from) {
                for (int b = 0; b < BATCH; b++) {
                  data.pixels().read(order[from + b], pixels, b * 3 * 16 * 16);
                }
                task.step(order, from, BATCH, pixels);
              }
            };
        train(device, endless, optimizer);
      }
    }
  }
}
