package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that cannot go on say why and leave the last good state. */
class BrokenRunTest {
  private Device device;
  private ClipModel model;

  @TempDir Path folder;

  @BeforeEach
  void open() {
    device = Devices.open("cpu:1").device();
    model = TinyBehavior.model(device);
  }

  @AfterEach
  void close() {
    model.close();
    device.close();
  }

  private NonFiniteLossException breaks(BehaviorData data, BehaviorSettings settings) {
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.RESUME);
        BehaviorTrainer trainer = new BehaviorTrainer(device, model.clip(), data, settings)) {
      run.writeJson(RunFolder.CONFIG, List.of());
      return assertThrows(
          NonFiniteLossException.class, () -> trainer.train(run, Progress.NONE, () -> false));
    }
  }

  private static BehaviorData withNanPixel(int image) {
    BehaviorData data = TinyBehavior.data();
    PixelSource pixels =
        (index, into, offset) -> {
          data.pixels().read(index, into, offset);
          if (index == image) {
            into[offset + 17] = Float.NaN;
          }
        };
    return new BehaviorData(
        data.train(),
        data.validation(),
        data.heldOut(),
        data.targets(),
        data.prompts(),
        data.promptIds(),
        data.promptLength(),
        pixels,
        data.measured());
  }

  @Test
  void aBadImageIsNamedAndTheStartIsKept() {
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 2);
    NonFiniteLossException cached = breaks(withNanPixel(3), settings);
    assertEquals("cache.vision.stream.0", cached.tensor());
    assertTrue(cached.getMessage().contains("epoch 1, step"), cached.getMessage());
    TrainingState state = Checkpoints.lastState(folder).orElseThrow();
    assertEquals(0, state.epoch());
    NonFiniteLossException plain = breaks(withNanPixel(3), settings.withCache(CacheLimit.OFF));
    assertEquals("pixel_values", plain.tensor());
  }

  @Test
  void aBadWeightIsNamedBeforeAnythingIsSaved() {
    Tensor weight = model.clip().vision().blocks().get(1).mlp().fc1().weight();
    float[] values = device.toArray(weight);
    values[5] = Float.POSITIVE_INFINITY;
    device.write(weight, values, 0);
    NonFiniteLossException broken = breaks(TinyBehavior.data(), TinyBehavior.settings(2, 1, 2));
    assertEquals("vision_model.encoder.layers.1.mlp.fc1.weight", broken.tensor());
    assertTrue(Checkpoints.lastState(folder).isEmpty());
  }

  @Test
  void aDivergingRunNamesTheParameterAndKeepsTheLastGoodCheckpoint() {
    BehaviorSettings sound = TinyBehavior.settings(2, 1, 2);
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.RESUME);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), sound)) {
      run.writeJson(RunFolder.CONFIG, List.of());
      trainer.train(run, Progress.NONE, () -> false);
    }
    BehaviorSettings wild =
        new BehaviorSettings(
            sound.preset(),
            sound.adapter(),
            2,
            1,
            sound.rank(),
            9,
            20,
            sound.batch(),
            sound.seed(),
            1e30,
            sound.weightDecay(),
            sound.cache());
    NonFiniteLossException broken = breaks(TinyBehavior.data(), wild);
    assertTrue(broken.tensor().startsWith("adapter."), broken.tensor());
    TrainingState state = Checkpoints.lastState(folder).orElseThrow();
    assertEquals(2, state.epoch());
    assertEquals(6, state.step());
  }

  @Test
  void tooLittleMemoryIsSaidWithTheSizesBeforeTheRun() {
    Clip large = new Clip(ClipArchitecture.VIT_L_14.config(), Arena.planning());
    BehaviorData tiny = TinyBehavior.data();
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 1).withCache(CacheLimit.parse("4t"));
    int images = 1854 - 48;
    BehaviorData data =
        new BehaviorData(
            1444,
            images - 1444,
            tiny.heldOut(),
            new float[images * tiny.prompts()],
            tiny.prompts(),
            tiny.promptIds(),
            tiny.promptLength(),
            tiny.pixels(),
            tiny.measured());
    try (BehaviorTrainer trainer = new BehaviorTrainer(device, large, data, settings)) {
      trainer.describe().forEach(System.out::println);
      assertEquals(
          4L * 2 * 1024 * 257 * (images + tiny.heldOut().size()), trainer.memory().cache());
      String message = assertThrows(InputException.class, trainer::requireMemory).getMessage();
      assertTrue(message.contains("too little memory on cpu"), message);
      assertTrue(message.contains("GiB caches"), message);
    }
  }
}
