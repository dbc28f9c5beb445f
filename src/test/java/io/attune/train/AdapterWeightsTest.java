package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageEncoder;
import io.attune.clip.TextEncoder;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterKind;
import io.attune.hba.PeftMerge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run's adapters, put on a model again, give the model that was trained. */
class AdapterWeightsTest {
  private Device device;
  private ClipModel model;

  @TempDir Path folder;

  @BeforeEach
  void open() {
    device = Devices.open("cpu").device();
    model = TinyBehavior.model(device);
  }

  @AfterEach
  void close() {
    model.close();
    device.close();
  }

  private TrainingResult train(AdapterKind kind) {
    BehaviorSettings settings = TinyBehavior.settings(kind, 2, 1, 3);
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.RESUME);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings)) {
      run.writeJson(RunFolder.CONFIG, config(settings, trainer));
      return trainer.train(run, Progress.NONE, () -> false);
    }
  }

  private BehaviorConfig config(BehaviorSettings settings, BehaviorTrainer trainer) {
    return new BehaviorConfig(
        BehaviorConfig.STAGE,
        "tiny",
        "none",
        settings.preset().name(),
        settings.adapter().label(),
        settings.rank(),
        settings.adapterSettings().alpha(),
        false,
        settings.visionBlocks(),
        settings.textBlocks(),
        settings.epochs(),
        settings.patience(),
        settings.batch(),
        settings.seed(),
        settings.learningRate(),
        settings.weightDecay(),
        "paper",
        "id",
        List.of(),
        trainer.trainableParameters(),
        true,
        true,
        BehaviorConfig.baseWeights(device, model.clip(), trainer.sites()));
  }

  /** Validation loss of a plain model, computed without any of the trainer's parts. */
  private double validationLoss(Clip clip) {
    BehaviorData data = TinyBehavior.data();
    int width = clip.config().projection();
    float[] texts =
        new TextEncoder(device, clip).encode(data.promptIds(), data.prompts(), data.promptLength());
    float[] images = new float[data.validation() * width];
    float[] pixels = new float[3 * 16 * 16];
    try (ImageEncoder encoder = new ImageEncoder(device, clip, 1)) {
      for (int i = 0; i < data.validation(); i++) {
        data.pixels().read(data.train() + i, pixels, 0);
        encoder.encode(pixels, 1, images, i * width);
      }
    }
    double scale = Math.exp(device.toArray(clip.logitScale().value())[0]);
    double sum = 0;
    for (int i = 0; i < data.validation(); i++) {
      for (int k = 0; k < data.prompts(); k++) {
        double target = data.targets()[(data.train() + i) * data.prompts() + k];
        sum += Math.pow(scale * cosine(images, i, texts, k, width) - target, 2);
      }
    }
    return sum / (data.validation() * data.prompts());
  }

  private static double cosine(float[] a, int i, float[] b, int k, int width) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int j = 0; j < width; j++) {
      ab += (double) a[i * width + j] * b[k * width + j];
      aa += (double) a[i * width + j] * a[i * width + j];
      bb += (double) b[k * width + j] * b[k * width + j];
    }
    return ab / Math.sqrt(aa * bb);
  }

  @ParameterizedTest
  @EnumSource(AdapterKind.class)
  void mergedAndExportedModelsAreTheTrainedOne(AdapterKind kind) throws IOException {
    double base = validationLoss(model.clip());
    TrainingResult result = train(kind);
    assertEquals(base, result.base().validationLoss(), 1e-5 * base);
    assertEquals(base, validationLoss(model.clip()), 0);

    AdapterWeights weights = AdapterWeights.of(folder);
    Path peft = Files.createDirectory(folder.resolve("peft"));
    weights.exportPeft(device, model.clip(), peft);
    weights.mergeInto(device, model.clip());
    double best = result.best().validationLoss();
    assertEquals(best, validationLoss(model.clip()), 1e-5 * best);
    float[] merged = outputWeight(model.clip());

    try (ClipModel other = TinyBehavior.model(device)) {
      PeftMerge.into(device, other.clip(), peft);
      assertArrayEquals(merged, outputWeight(other.clip()), 2e-6f);
      assertEquals(best, validationLoss(other.clip()), 1e-5 * best);
    }
  }

  private float[] outputWeight(Clip clip) {
    return device.toArray(clip.vision().blocks().get(2).attention().output().weight());
  }

  @Test
  void adaptersOfAnotherModelAreRefused() {
    train(AdapterKind.LORA);
    try (ClipModel other = ClipModel.random(TinyBehavior.config(), device, 8)) {
      AdapterWeights weights = AdapterWeights.of(folder);
      String message =
          assertThrows(InputException.class, () -> weights.mergeInto(device, other.clip()))
              .getMessage();
      assertTrue(message.contains("trained on other weights"), message);
    }
  }

  @Test
  void aDamagedCheckpointIsNoticed() throws IOException {
    train(AdapterKind.LORA);
    Path best = Checkpoints.best(folder);
    byte[] bytes = Files.readAllBytes(best);
    bytes[bytes.length - 3] ^= 1;
    Files.write(best, bytes);
    String message =
        assertThrows(InputException.class, () -> AdapterWeights.of(folder)).getMessage();
    assertTrue(message.contains("damaged"), message);
  }

  @Test
  void aFolderWithoutARunIsRefused() {
    String message =
        assertThrows(InputException.class, () -> AdapterWeights.of(folder)).getMessage();
    assertTrue(message.contains("finetune behavior"), message);
  }
}
