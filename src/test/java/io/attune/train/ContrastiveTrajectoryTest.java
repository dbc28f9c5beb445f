package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.DevicesPresent;
import io.attune.nn.Parameter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Twelve steps of pre-training against PyTorch's on every device present: loss, AdamW's groups and
 * moments, warm-up and cosine, the short last batch and the limit of the logit scale, which starts
 * above it. What is expected was written by src/test/python/contrastive_references.py.
 */
class ContrastiveTrajectoryTest {
  private static final Path MODEL = Path.of("weights/references/adapters-several");
  private static final int PAIRS = 5;
  private static final int BATCH = 3;
  private static final int EPOCHS = 6;
  private static final int CONTEXT = 9;
  private static final int END = 30;
  private static final int PIXELS = 3 * 12 * 12;

  static List<String> devices() {
    return DevicesPresent.names();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void followsPyTorch(String deviceName) throws IOException {
    JsonNode expected;
    try (InputStream json = getClass().getResourceAsStream("contrastive.json")) {
      expected = new ObjectMapper().readTree(json);
    }
    try (Device device = Devices.open(deviceName).device();
        ClipModel model = ClipModel.open(MODEL, device);
        Arena arena = Arena.on(device)) {
      Clip clip = model.clip();
      clip.setTrainable(true);
      clip.allocateGradients(arena);
      device.elementwise().fill(4.7f, clip.logitScale().value());
      try (ContrastiveTask task = task(device, arena, clip)) {
        AdamW optimizer = new AdamW(arena, Pretraining.MOMENTS, Pretraining.groups(clip, 0.2));
        train(device, task, optimizer, expected, clip);
      }
      for (Parameter parameter : clip.parameters()) {
        if (!parameter.name().endsWith("k_proj.bias")) {
          near(
              expected.path("norms").path(parameter.name()),
              norm(device.toArray(parameter.value())),
              parameter.name());
        }
      }
    }
  }

  private static void train(
      Device device, ContrastiveTask task, AdamW optimizer, JsonNode expected, Clip clip) {
    int step = 0;
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      int[] order = new Philox(task.shuffleKey(epoch)).permutation(PAIRS);
      for (int from = 0; from < PAIRS; from += BATCH) {
        int count = Math.min(BATCH, PAIRS - from);
        task.step(order, from, count, pixels(order, from, count));
        near(expected.path("losses").path(step), task.loss(), "loss of step " + (step + 1));
        optimizer.step(device, task.learningRate(step + 1), step + 1);
        task.afterStep();
        near(
            expected.path("logit_scales").path(step),
            device.toArray(clip.logitScale().value())[0],
            "logit scale after step " + (step + 1));
        step++;
      }
    }
    assertEquals(expected.path("losses").size(), step);
  }

  private static ContrastiveTask task(Device device, Arena arena, Clip clip) {
    int[] ids = new int[PAIRS * CONTEXT];
    Arrays.fill(ids, END);
    for (int n = 0; n < PAIRS; n++) {
      for (int t = 0; t < 2 + n; t++) {
        ids[n * CONTEXT + t] = 1 + (5 * n + 11 * t) % 29;
      }
    }
    ContrastiveTask.Pairs pairs =
        new ContrastiveTask.Pairs(Collections.nCopies(PAIRS, Path.of("unread")), ids, CONTEXT);
    CosineSchedule schedule = new CosineSchedule(2e-3, 3, 2 * EPOCHS);
    ImagePreprocessor preprocessor = ImagePreprocessor.clip(PreprocessorConfig.standard(12));
    return new ContrastiveTask(
        device, arena, clip, pairs, pairs, preprocessor, BATCH, 3, schedule, false);
  }

  private static float[] pixels(int[] order, int from, int count) {
    float[] pixels = new float[count * PIXELS];
    for (int i = 0; i < count; i++) {
      Philox philox = new Philox(new PhiloxKey(22, 1, order[from + i]));
      for (int p = 0; p < PIXELS; p++) {
        pixels[i * PIXELS + p] = 2 * philox.nextFloat() - 1;
      }
    }
    return pixels;
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static void near(JsonNode expected, double found, String what) {
    assertEquals(expected.asDouble(), found, 1e-4 * expected.asDouble() + 1e-6, what);
  }
}
