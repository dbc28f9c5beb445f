package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.clip.ClipArchitecture;
import io.attune.device.Device;
import io.attune.device.Devices;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The models' bench on kernels built for the host, with a model that they can serve. */
class ModelBenchTest {
  @TempDir Path folder;

  @Test
  void everyStepHasARow() throws Exception {
    requireEmulation();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BenchSettings settings =
        BenchSettings.tiny(folder, "emulated", false, null, Deadline.inSeconds(300));
    try (Peer none = new Peer("python3", null, folder.resolve("log"), "cpu")) {
      assertEquals(
          KernelBench.Outcome.COMPLETE,
          ModelBench.run(
              settings,
              none,
              folder.resolve("weights"),
              new PrintStream(out, true, StandardCharsets.UTF_8)),
          out::toString);
    }
    Set<String> measured = new TreeSet<>();
    JsonNode rows = new ObjectMapper().readTree(folder.resolve("model.json").toFile()).path("rows");
    for (JsonNode row : rows) {
      assertTrue(row.path("images_per_s").asDouble() > 0, row::toString);
      assertTrue(row.path("images_per_s_without_graph").asDouble() > 0, row::toString);
      measured.add(row.path("key").asText());
    }
    assertEquals(
        Set.of(
            "bf16/inference/2",
            "bf16/inference/8",
            "bf16/adapter/2",
            "bf16/adapter, cached/2",
            "bf16/training/2",
            "tf32/inference/2",
            "tf32/inference/8",
            "f32/inference/2",
            "f32/inference/8"),
        measured);
  }

  @Test
  void anImageOfTheLargeModelTakes162GigaOperations() {
    assertEquals(162.0e9, ModelWork.image(ClipArchitecture.VIT_L_14.config()), 0.1e9);
  }

  private static void requireEmulation() {
    try (Device device = Devices.open("emulated").device()) {
      assertEquals("emulated", device.name());
    } catch (InputException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(e.getMessage());
    }
  }
}
