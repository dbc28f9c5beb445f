package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.clip.ClipArchitecture;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
      measured.add(row.path("key").asText());
      assertTrue(row.path("peak_bytes").asLong() > 0, row::toString);
      if (row.path("part").asText().equals("behavior stage")) {
        assertEquals(3, row.path("epochs_run").asInt(), row::toString);
        assertFalse(row.path("extrapolated").asBoolean(), row::toString);
        assertTrue(row.path("caches_images").asBoolean(), row::toString);
        assertTrue(row.path("seconds").asDouble() > 0, row::toString);
        continue;
      }
      assertTrue(row.path("images_per_s").asDouble() > 0, row::toString);
      assertTrue(row.path("images_per_s_without_graph").asDouble() > 0, row::toString);
      // The weights are allocated too, and nothing is allocated that is not counted.
      assertTrue(row.path("peak_bytes").asLong() > row.path("bytes").asLong(), row::toString);
      assertTrue(
          row.path("card_used_bytes").asLong() <= row.path("peak_bytes").asLong(), row::toString);
    }
    assertEquals(
        Set.of(
            "tiny/bf16/inference/2",
            "tiny/bf16/inference/8",
            "tiny/bf16/adapter/2",
            "tiny/bf16/adapter/4",
            "tiny/bf16/adapter, cached/2",
            "tiny/bf16/behavior stage/2",
            "tiny/bf16/training/2",
            "tiny/bf16/training/4",
            "tiny/tf32/inference/2",
            "tiny/tf32/inference/8",
            "tiny/f32/inference/2",
            "tiny/f32/inference/8"),
        measured);
    assertTrue(out.toString(StandardCharsets.UTF_8).contains(", peak "), out::toString);
  }

  @Test
  void aRunWithoutTimeSaysWhatItLeftOut() throws Exception {
    requireEmulation();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BenchSettings settings =
        BenchSettings.tiny(
            folder, "emulated", false, Pattern.compile("training/2"), Deadline.inSeconds(1));
    try (Peer none = new Peer("python3", null, folder.resolve("log"), "cpu")) {
      assertEquals(
          KernelBench.Outcome.INCOMPLETE,
          ModelBench.run(
              settings,
              none,
              folder.resolve("weights"),
              new PrintStream(out, true, StandardCharsets.UTF_8)));
    }
    assertTrue(
        out.toString(StandardCharsets.UTF_8).contains("out of time: tiny/bf16/training/2"),
        out::toString);
    JsonNode report = new ObjectMapper().readTree(folder.resolve("model.json").toFile());
    assertEquals(
        "tiny/bf16/training/2",
        report.path("left out for time").path(0).asText(),
        report::toString);
  }

  @Test
  void bothModelsAreMeasuredUnlessOneIsChosen() {
    assertEquals(Set.of("vit-l-14", "vit-b-32"), models(null), "models of a run without --arch");
    assertEquals(Set.of("vit-b-16"), models(ClipArchitecture.VIT_B_16), "models with --arch");
  }

  private Set<String> models(ClipArchitecture chosen) {
    BenchSettings settings =
        new BenchSettings(
            folder, "cuda", false, chosen, 0, false, null, null, Deadline.inSeconds(1));
    List<ModelPlan.Group> groups = ModelPlan.of(settings);
    // The behaviour stage is run once, and every training row at several batches.
    List<String> keys =
        groups.stream().flatMap(group -> group.rows().stream().map(group::key)).toList();
    assertEquals(1, keys.stream().filter(key -> key.contains("behavior stage")).count());
    for (ModelPlan.Group group : groups) {
      if (group.precision() == Precision.BF16) {
        for (String part : List.of("inference", "adapter", "training")) {
          String of = group.prefix() + "/" + part + "/";
          assertEquals(2, keys.stream().filter(key -> key.startsWith(of)).count(), of);
        }
      }
    }
    return groups.stream().map(ModelPlan.Group::name).collect(Collectors.toSet());
  }

  @Test
  void aPartGetsItsShareOfTheTimeThatIsLeft() {
    Deadline all = Deadline.inSeconds(1000);
    double share = all.share(1, 4, 200).secondsLeft();
    assertTrue(share > 190 && share <= 200, "200 of 800 seconds, not " + share);
    assertTrue(all.share(1, 1, 2000).secondsLeft() <= 0, "less than the reserve is left");
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
