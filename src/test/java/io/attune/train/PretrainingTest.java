package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.tensor.DType;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contrastive training on squares of eight colours, each captioned with its colour. */
class PretrainingTest {
  private static final String[] NAMES = {
    "red", "green", "blue", "white", "black", "yellow", "pink", "cyan"
  };
  private static final Color[] COLORS = {
    Color.RED,
    Color.GREEN,
    Color.BLUE,
    Color.WHITE,
    Color.BLACK,
    Color.YELLOW,
    Color.PINK,
    Color.CYAN
  };

  @TempDir static Path data;

  @BeforeAll
  static void writePairs() throws Exception {
    StringBuilder captions = new StringBuilder("image\tcaption\n");
    for (int i = 0; i < 40; i++) {
      BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
      for (int y = 8; y < 56 - i / 8; y++) {
        for (int x = 8; x < 56; x++) {
          image.setRGB(x, y, COLORS[i % 8].getRGB());
        }
      }
      String name = "square%02d.png".formatted(i);
      ImageIO.write(image, "png", data.resolve(name).toFile());
      captions.append(name).append('\t').append("a ").append(NAMES[i % 8]).append(" square\n");
    }
    Files.writeString(data.resolve("captions.tsv"), captions);
  }

  private static TrainingResult run(
      Device device, Path out, RunFolder.Existing existing, BooleanSupplier stop) {
    PretrainSettings settings =
        new PretrainSettings("tiny", data.toString(), 4, 9, 1e-3, 0.1, 0.1, 0.1, 600, 3);
    return new Pretraining(device, settings, Progress.NONE, existing == RunFolder.Existing.RESUME)
        .run(out, existing, new Pretraining.Finish(DType.F32, 100.0), stop);
  }

  /** The device with so much memory left, whatever this machine has. */
  private static Device withMemory(Device device, long bytes) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) ->
                method.getName().equals("availableBytes")
                    ? (Object) bytes
                    : method.invoke(device, arguments));
  }

  @Test
  void tooLittleMemoryIsSaidBeforeItStarts(@TempDir Path folder) {
    try (Device device = Devices.open("cpu").device()) {
      Device small = withMemory(device, 20 << 20);
      String refused =
          assertThrows(
                  InputException.class,
                  () -> run(small, folder.resolve("run"), RunFolder.Existing.REFUSE, () -> false))
              .getMessage();
      assertTrue(refused.contains("too little memory on cpu: the run needs"), refused);
      assertTrue(refused.contains("moments") && refused.contains("20.00 MiB is free"), refused);

      Path model = Path.of("weights/references/names");
      Device tiny = withMemory(device, 1 << 10);
      String weights =
          assertThrows(InputException.class, () -> ClipModel.open(model, tiny)).getMessage();
      assertTrue(weights.contains("too little memory on cpu: the model's weights"), weights);
    }
  }

  @Test
  void learnsAndGoesOnAfterAnInterruptionAsIfThereHadBeenNone(@TempDir Path folder)
      throws Exception {
    Path whole = folder.resolve("whole");
    Path broken = folder.resolve("broken");
    try (Device device = Devices.open("cpu").device()) {
      TrainingResult result = run(device, whole, RunFolder.Existing.REFUSE, () -> false);
      assertFalse(result.interrupted());
      double before = result.untrained().validationLoss();
      double after = result.best().validationLoss();
      System.out.printf("contrastive validation loss %.4f -> %.4f%n", before, after);
      assertTrue(after < 0.8 * before, "loss went from %f to %f".formatted(before, after));

      int[] steps = {0};
      assertTrue(
          run(device, broken, RunFolder.Existing.REFUSE, () -> ++steps[0] >= 7).interrupted());
      assertFalse(Files.exists(model(broken)), "an unfinished model was written");
      TrainingResult resumed = run(device, broken, RunFolder.Existing.RESUME, () -> false);
      assertEquals(losses(result), losses(resumed));
      assertEquals(
          -1, Files.mismatch(model(whole), model(broken)), "models differ after an interruption");
      try (ClipModel model = ClipModel.open(whole.resolve(Pretraining.MODEL), device)) {
        assertEquals(64, model.config().imageSize());
        assertEquals((float) Math.log(100), device.toArray(model.clip().logitScale().value())[0]);
      }
    }
  }

  private static Path model(Path run) {
    return run.resolve(Pretraining.MODEL).resolve("model.safetensors");
  }

  private static List<List<Double>> losses(TrainingResult result) {
    return result.metrics().stream()
        .map(row -> List.of(row.trainLoss(), row.validationLoss()))
        .toList();
  }
}
