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
import io.attune.hba.MegPreset;
import io.attune.hba.TimeCourses;
import io.attune.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both stages of MEG runs against PyTorch's on every device present, epoch by epoch: noise in
 * training and, where the preset has it, in evaluation, closed times, a left-over image, frozen
 * normalisers, the double criterion, reload, a fresh AdamW, gradients through every block. The
 * layer weights start away from the method's tied start: RDMs do not depend on scale, so the
 * gradient there is rounding, which AdamW scales up. What is expected was written by
 * src/test/python/meg_trajectory_references.py.
 */
class MegTrajectoryTest {
  private static final Path MODEL = Path.of("weights/references/adapters-several");
  private static final int TRAIN = 11;
  private static final int IMAGES = 16;
  private static final int PROMPTS = 24;
  private static final int TIMES = 6;
  private static final int PIXELS = 3 * 12 * 12;
  private static final long DATA_SEED = 21;

  /** Of losses and parameters; float32 against float64 over twelve steps. */
  private static final double TOLERANCE = 5e-5;

  @TempDir Path folder;

  static Stream<Arguments> runs() throws IOException {
    try (InputStream json = MegTrajectoryTest.class.getResourceAsStream("meg-trajectories.json")) {
      JsonNode runs = new ObjectMapper().readTree(json);
      return StreamSupport.stream(runs.spliterator(), false)
          .flatMap(run -> DevicesPresent.names().stream().map(name -> Arguments.of(name, run)));
    }
  }

  @ParameterizedTest
  @MethodSource("runs")
  void followsPyTorch(String deviceName, JsonNode expected) throws IOException {
    MegPreset preset =
        MegPreset.named(expected.path("preset").asText())
            .withRates(new MegPreset.Rates(5e-2, 2e-2, 3e-3));
    MegSettings settings =
        new MegSettings(MegSettings.Scope.GROUP, preset, 4, 4, 10, 2, true, 4, 3, 0.1);
    Path path = folder.resolve("run");
    try (Device device = Devices.open(deviceName).device();
        ClipModel model = ClipModel.open(MODEL, device);
        RunFolder run = RunFolder.open(path, RunFolder.Existing.REFUSE);
        MegTrainer trainer =
            new MegTrainer(
                device, model.clip(), data(model.config().projection()), settings, run)) {
      Tensor layers = trainer.parameters().layers().weights().value();
      device.write(layers, draws(4, 0, (int) layers.size()), 0);
      MegResult result = trainer.train(Progress.NONE, () -> false);
      JsonNode start = expected.path("normalizers");
      near(start.path(0), result.normalizers().pearson(), "start");
      near(start.path(1), result.normalizers().meanSquaredError(), "start");
      near(start.path(2), result.normalizers().generalization(), "start");
      assertEquals(4, result.metrics().size());
      for (MegEpoch row : result.metrics()) {
        JsonNode epoch = expected.path("epochs").path(row.epoch() - 1);
        String where = " of epoch " + row.epoch();
        near(epoch.path(0), row.trainLoss(), "training loss" + where);
        near(epoch.path(1), row.validationLoss(), "validation loss" + where);
        near(epoch.path(2), row.parts().pearson(), "1 - Pearson" + where);
        near(epoch.path(3), row.parts().meanSquaredError(), "squared error" + where);
        near(epoch.path(4), row.parts().generalization(), "generalisation" + where);
      }
      assertEquals(expected.path("best_epoch").asInt(), result.best().epoch());
    }
    parameters(Checkpoints.best(path), expected.path("best"));
    try (Stream<Path> files = Files.list(path.resolve(RunFolder.CHECKPOINTS))) {
      Path last = files.filter(f -> f.getFileName().toString().startsWith("last-")).findAny().get();
      parameters(last, expected.path("last"));
    }
  }

  private static void near(JsonNode expected, double found, String what) {
    assertEquals(expected.asDouble(), found, TOLERANCE * expected.asDouble(), what);
  }

  /** L2 norm, sum and last value of each tensor. */
  private static void parameters(Path checkpoint, JsonNode expected) {
    try (Safetensors file = Safetensors.open(checkpoint)) {
      for (String name : file.names().stream().filter(n -> !n.startsWith("adamw.")).toList()) {
        double[] values = file.readDoubles(name);
        double norm = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
        double[] found = {norm, Arrays.stream(values).sum(), values[values.length - 1]};
        for (int i = 0; i < found.length; i++) {
          assertEquals(expected.path(name).path(i).asDouble(), found[i], TOLERANCE * norm, name);
        }
      }
    }
  }

  private static MegData data(int width) {
    float[] measured = draws(2, 0, TIMES * IMAGES * IMAGES);
    float[] text = draws(3, 0, PROMPTS * width);
    for (int i = 0; i < text.length; i++) {
      text[i] = (float) Math.rint(text[i] * 8) / 8 - 0.5f;
    }
    TimeCourses courses =
        new TimeCourses(
            new float[] {0, 0, 0, 0.5f, 1, 0.75f},
            new float[] {0, 0, 0, 0.75f, 1, 0.5f},
            new float[] {1, 0.75f, 0.5f, 0.25f, 0, 0.125f});
    return new MegData(
        TRAIN,
        IntStream.range(0, IMAGES).mapToObj(i -> "image " + i).toList(),
        courses,
        1,
        (images, into) -> {
          int at = 0;
          for (int t = 0; t < TIMES; t++) {
            for (int a = 0; a < images.length; a++) {
              for (int b = a + 1; b < images.length; b++) {
                into[at++] = measured[(t * IMAGES + images[a]) * IMAGES + images[b]];
              }
            }
          }
        },
        PROMPTS,
        text,
        (index, into, offset) -> {
          float[] pixels = draws(1, index, PIXELS);
          for (int i = 0; i < PIXELS; i++) {
            into[offset + i] = 2 * pixels[i] - 1;
          }
        });
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
