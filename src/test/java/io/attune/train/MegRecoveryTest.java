package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.op.Noise;
import io.attune.hba.ClassTokenSimilarity;
import io.attune.hba.MegFeatures;
import io.attune.hba.MegHead;
import io.attune.hba.MegParameters;
import io.attune.hba.MegPreset;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDMs of a model whose layer weights were planted are found again by stage A. */
class MegRecoveryTest {
  private static final int IMAGES = TinyMeg.TRAIN + TinyMeg.VALIDATION;
  private static final int BLOCKS = 4;

  @TempDir Path folder;

  @Test
  void plantedLayersAreFound() {
    MegData blank = TinyMeg.data();
    MegPreset preset = MegPreset.CORRECTED.withRates(new MegPreset.Rates(0.05, 0.05, 0));
    MegSettings settings =
        new MegSettings(MegSettings.Scope.GROUP, preset, 2, 80, 80, 0, false, 9, 5, 0);
    try (Device device = Devices.open("cpu").device();
        ClipModel model = TinyBehavior.model(device)) {
      MegData data = TinyMeg.data(planted(device, model, blank, settings));
      try (RunFolder run = RunFolder.open(folder.resolve("run"), RunFolder.Existing.REFUSE);
          MegTrainer trainer = new MegTrainer(device, model.clip(), data, settings, run)) {
        MegResult result = trainer.train(Progress.NONE, () -> false);
        double before = 1 - result.normalizers().pearson();
        double after = 1 - result.best().pearson();
        System.out.println("correlation with the planted RDMs: " + before + " to " + after);
        assertTrue(after > 0.9 && after > before + 0.1, before + " to " + after);
      }
    }
  }

  /** RDMs [T, n, n] whose early times show the first block and late ones the last. */
  private static float[] planted(
      Device device, ClipModel model, MegData data, MegSettings settings) {
    try (Arena arena = Arena.on(device)) {
      MegParameters parameters = MegTrainer.parameters(arena, model.clip(), data, settings);
      float[] weights = new float[TinyMeg.TIMES * BLOCKS];
      for (int t = 0; t < TinyMeg.TIMES; t++) {
        weights[t * BLOCKS + t * BLOCKS / TinyMeg.TIMES] = 1;
      }
      device.write(parameters.layers().weights().value(), weights, 0);
      Workspace workspace = Workspace.on(arena);
      MegHead head =
          new MegHead(
              device,
              parameters.layers(),
              MegHead.Times.allocate(arena, device, data.courses(), data.window()),
              Noise.none(),
              workspace,
              IMAGES,
              data.prompts(),
              false);
      Tensor matrix = MegTrainer.matrix(arena, model.clip(), data);
      Tensor unit = arena.allocate("unit", data.prompts(), model.config().projection());
      device.write(unit, data.textUnit(), 0);
      float scale = (float) Math.exp(device.toArray(model.clip().logitScale().value())[0]);
      Tensor projection = model.clip().vision().projection().ownWeight().value();
      ClassTokenSimilarity.matrix(device, unit, projection, scale, matrix);
      MegFeatures.Computed features =
          new MegFeatures.Computed(
              device,
              model.clip().vision(),
              matrix,
              workspace,
              head.features(),
              null,
              PassOptions.inference(true));
      int length = 3 * 16 * 16;
      float[] pixels = new float[IMAGES * length];
      for (int i = 0; i < IMAGES; i++) {
        data.pixels().read(i, pixels, i * length);
      }
      device.write(features.pixels(), pixels, 0);
      features.forward();
      head.predict();
      float[] pairs = device.toArray(head.rdm());
      float[] square = new float[TinyMeg.TIMES * IMAGES * IMAGES];
      int at = 0;
      for (int t = 0; t < TinyMeg.TIMES; t++) {
        for (int a = 0; a < IMAGES; a++) {
          for (int b = a + 1; b < IMAGES; b++) {
            float value = pairs[at++];
            // Closed times have no RDM, but a target may not be constant.
            square[(t * IMAGES + a) * IMAGES + b] =
                Float.isNaN(value) ? (7 * a + 3 * b) % 5 / 5f : value;
          }
        }
      }
      return square;
    }
  }
}
