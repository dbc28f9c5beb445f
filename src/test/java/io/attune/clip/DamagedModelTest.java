package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.format.Safetensors;
import io.attune.format.SafetensorsWriter;
import io.attune.format.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are damaged or contradict themselves are refused by name, before they are used. */
class DamagedModelTest {
  private static final Path MODEL = Path.of("weights/references/names");
  private static final String WEIGHT = "vision_model.encoder.layers.0.self_attn.k_proj.weight";

  @TempDir private Path temp;

  @Test
  void nanAndInfinityInWeightsAreNamed() throws IOException {
    Files.copy(MODEL.resolve("config.json"), temp.resolve("config.json"));
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      writeWeights(bad);
      refusedWith(WEIGHT, "holds " + bad + " at element 5");
    }
  }

  @Test
  void sizesThatTheWeightsDoNotHaveAreRefusedBeforeMemoryIsTaken() throws IOException {
    Files.copy(MODEL.resolve("model.safetensors"), temp.resolve("model.safetensors"));
    configured("\"hidden_size\"\\s*:\\s*\\d+", "\"hidden_size\": 400000000");
    refusedWith("has shape", "400000000]");
    configured("\"num_hidden_layers\"\\s*:\\s*\\d+", "\"num_hidden_layers\": 2000000000");
    refusedWith("config.json", "num_hidden_layers is 2000000000");
  }

  @Test
  void aBrokenEpsilonIsNotReplacedInSilence() throws IOException {
    Files.copy(MODEL.resolve("model.safetensors"), temp.resolve("model.safetensors"));
    configured("\"hidden_size\"", "\"layer_norm_eps\": \"small\", \"hidden_size\"");
    refusedWith("config.json", "layer_norm_eps is \"small\", expected a number");
    configured("\"hidden_size\"", "\"layer_norm_eps\": -1, \"hidden_size\"");
    refusedWith("config.json", "layer_norm_eps is -1.0");
  }

  private void configured(String pattern, String replacement) throws IOException {
    String config =
        Files.readString(MODEL.resolve("config.json"))
            .replaceAll("\"layer_norm_eps\"\\s*:\\s*[^,}]*,?", "");
    Files.writeString(temp.resolve("config.json"), config.replaceAll(pattern, replacement));
  }

  private void writeWeights(float bad) {
    SafetensorsWriter writer = new SafetensorsWriter();
    try (TensorSource source = Safetensors.open(MODEL.resolve("model.safetensors"))) {
      for (String name : source.names()) {
        float[] values = source.read(name);
        if (name.equals(WEIGHT)) {
          values[5] = bad;
        }
        writer.tensor(name, source.info(name).shape(), values);
      }
      writer.write(temp.resolve("model.safetensors"));
    }
  }

  private void refusedWith(String... parts) {
    try (Device device = Devices.open("cpu").device()) {
      InputException refused =
          assertThrows(InputException.class, () -> ClipModel.open(temp, device).close());
      for (String part : parts) {
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
      }
    }
  }
}
