package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.DevicesPresent;
import io.attune.format.Safetensors;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.rsa.Rdm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole behaviour runs against PyTorch's on every device present, epoch by epoch: first values,
 * order of images, the short last batch, AdamW, validation weighted by images, alignment, the best
 * checkpoint. What is expected was written by src/test/python/trajectory_references.py.
 */
class TrajectoryTest {
  private static final Path MODEL = Path.of("weights/references/adapters-several");
  private static final int TRAIN = 11;
  private static final int VALIDATION = 5;
  private static final int HELD_OUT = 6;
  private static final int PROMPTS = 7;
  private static final int LENGTH = 6;
  private static final int END = 30;
  private static final int PIXELS = 3 * 12 * 12;
  private static final int EPOCHS = 4;
  private static final long DATA_SEED = 21;

  /** Of losses and adapters; float32 against float64 over twelve steps. */
  private static final double TOLERANCE = 2e-5;

  @TempDir Path folder;

  static Stream<Arguments> runs() throws IOException {
    try (InputStream json = TrajectoryTest.class.getResourceAsStream("trajectories.json")) {
      JsonNode runs = new ObjectMapper().readTree(json);
      return StreamSupport.stream(runs.spliterator(), false)
          .flatMap(run -> Stream.of(CacheLimit.AUTO, CacheLimit.OFF).map(c -> Arguments.of(run, c)))
          .flatMap(
              arguments ->
                  DevicesPresent.names().stream()
                      .map(name -> Arguments.of(name, arguments.get()[0], arguments.get()[1])));
    }
  }

  @ParameterizedTest
  @MethodSource("runs")
  void followsPyTorch(String deviceName, JsonNode expected, CacheLimit cache) {
    BehaviorSettings settings =
        new BehaviorSettings(
            BehaviorPreset.named(expected.path("preset").asText()),
            AdapterKind.named(expected.path("adapter").asText()),
            2,
            1,
            4,
            EPOCHS,
            20,
            4,
            3,
            1e-2,
            0.1,
            cache);
    try (Device device = Devices.open(deviceName).device();
        ClipModel model = ClipModel.open(MODEL, device);
        RunFolder run = RunFolder.open(folder.resolve("run"), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer = new BehaviorTrainer(device, model.clip(), data(), settings)) {
      TrainingResult result = trainer.train(run, Progress.NONE, () -> false);
      JsonNode untrained = expected.path("untrained");
      near(untrained.path(0), result.untrained().validationLoss(), "untrained validation loss");
      assertEquals(untrained.path(1).asDouble(), result.untrained().spearman(), 1e-9);
      assertEquals(EPOCHS, result.metrics().size());
      for (EpochMetrics row : result.metrics()) {
        JsonNode epoch = expected.path("epochs").path(row.epoch() - 1);
        near(epoch.path(0), row.trainLoss(), "training loss of epoch " + row.epoch());
        near(epoch.path(1), row.validationLoss(), "validation loss of epoch " + row.epoch());
        assertEquals(epoch.path(2).asDouble(), row.spearman(), 1e-9, "epoch " + row.epoch());
      }
      assertEquals(expected.path("best_epoch").asInt(), result.bestEpoch());
      bestAdapters(expected.path("best"));
    }
  }

  private static void near(JsonNode expected, double found, String what) {
    assertEquals(expected.asDouble(), found, TOLERANCE * expected.asDouble(), what);
  }

  /** L2 norm, sum and last value of each tensor of the best checkpoint. */
  private void bestAdapters(JsonNode expected) {
    try (Safetensors best = Safetensors.open(Checkpoints.best(folder.resolve("run")))) {
      assertEquals(expected.size(), best.names().size());
      for (String name : best.names()) {
        double[] values = best.readDoubles(name);
        double norm = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
        double[] found = {norm, Arrays.stream(values).sum(), values[values.length - 1]};
        for (int i = 0; i < found.length; i++) {
          assertEquals(expected.path(name).path(i).asDouble(), found[i], TOLERANCE * norm, name);
        }
      }
    }
  }

  private static BehaviorData data() {
    List<String> heldOut = IntStream.range(0, HELD_OUT).mapToObj(i -> "object" + i).toList();
    float[] targets = draws(2, 0, (TRAIN + VALIDATION) * PROMPTS);
    for (int i = 0; i < targets.length; i++) {
      targets[i] *= 16;
    }
    int[] ids = new int[PROMPTS * LENGTH];
    for (int n = 0; n < PROMPTS; n++) {
      int last = 1 + n % (LENGTH - 1);
      for (int t = 0; t < last; t++) {
        ids[n * LENGTH + t] = 1 + (7 * n + 3 * t) % 29;
      }
      ids[n * LENGTH + last] = END;
    }
    float[] judged = draws(3, 0, HELD_OUT * (HELD_OUT - 1) / 2);
    double[] condensed = IntStream.range(0, judged.length).mapToDouble(i -> judged[i]).toArray();
    return new BehaviorData(
        TRAIN,
        VALIDATION,
        heldOut,
        targets,
        PROMPTS,
        ids,
        LENGTH,
        (index, into, offset) -> {
          float[] pixels = draws(1, index, PIXELS);
          for (int i = 0; i < PIXELS; i++) {
            into[offset + i] = 2 * pixels[i] - 1;
          }
        },
        Rdm.ofCondensed(heldOut, condensed));
  }

  private static float[] draws(int stream, int step, int count) {
    Philox philox = new Philox(new PhiloxKey(DATA_SEED, stream, step));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = philox.nextFloat();
    }
    return values;
  }
}
