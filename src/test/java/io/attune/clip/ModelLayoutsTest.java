package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.op.Activation;
import io.attune.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One model in every layout gives one model here. */
class ModelLayoutsTest {
  private static final Path MODEL = Path.of("weights/references/names");

  private static List<float[]> weights(Path folder, Activation activation) {
    try (Device device = Devices.open("cpu").device();
        ClipModel model = ClipModel.open(folder, device, activation)) {
      return model.clip().parameters().stream()
          .map(parameter -> device.toArray(parameter.value()))
          .toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"sharded,", "openai,QUICK_GELU", "open-clip,QUICK_GELU"})
  void otherLayoutsHoldTheSameWeights(String layout, Activation activation) {
    List<float[]> expected = weights(MODEL, null);
    List<float[]> found = weights(MODEL.resolve(layout), activation);
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), 0);
    }
  }

  @Test
  void whatIsSavedIsOpenedAgain(@TempDir Path folder) {
    ClipConfig config = ClipArchitecture.TINY.config();
    try (Device device = Devices.open("cpu").device();
        ClipModel model = ClipModel.random(config, device, 7)) {
      model.save(folder, DType.F32);
      try (ClipModel again = ClipModel.open(folder, device)) {
        assertEquals(config, again.config());
        for (int i = 0; i < model.clip().parameters().size(); i++) {
          assertArrayEquals(
              device.toArray(model.clip().parameters().get(i).value()),
              device.toArray(again.clip().parameters().get(i).value()),
              0);
        }
      }
    }
  }

  @Test
  void aMissingConfigIsToldInOneLine(@TempDir Path folder) throws Exception {
    Files.copy(MODEL.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    InputException e = assertThrows(InputException.class, () -> weights(folder, null));
    assertTrue(e.getMessage().contains("--activation"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void anUnknownActivationIsRefused(@TempDir Path folder) throws Exception {
    String config = Files.readString(MODEL.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), config.replace("gelu", "relu"));
    Files.copy(MODEL.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    InputException e = assertThrows(InputException.class, () -> weights(folder, null));
    assertTrue(e.getMessage().contains("hidden_act"), e.getMessage());
  }
}
