package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeftAdapterTest {
  private static final String Q0 = "vision_model.encoder.layers.0.self_attn.q_proj";
  private static final String Q1 = "vision_model.encoder.layers.1.self_attn.q_proj";
  private static final String FC = "text_model.encoder.layers.0.mlp.fc1";
  private static final Map<String, Shape> LAYERS =
      Map.of(Q0, Shape.of(4, 4), Q1, Shape.of(4, 4), FC, Shape.of(6, 3));

  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() {
    PeftAdapter written =
        new PeftAdapter("some/model", List.of(module(FC, 2, 8, true), module(Q1, 3, 2.5, true)));
    written.write(folder);
    PeftAdapter read = PeftAdapter.read(folder, LAYERS);
    assertEquals("some/model", read.baseModel());
    for (int i = 0; i < 2; i++) {
      PeftAdapter.Module expected = written.modules().get(i);
      PeftAdapter.Module found = read.modules().get(i);
      assertEquals(expected.name(), found.name());
      assertEquals(expected.rank(), found.rank());
      assertEquals(expected.alpha(), found.alpha());
      assertEquals(expected.scale(), found.scale());
      assertArrayEquals(expected.a(), found.a());
      assertArrayEquals(expected.b(), found.b());
      assertArrayEquals(expected.magnitude(), found.magnitude());
    }
  }

  @Test
  void writesTheKeysThatPeftReads() throws IOException {
    new PeftAdapter("m", List.of(module(Q1, 2, 8, true))).write(folder);
    JsonNode config = new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
    assertEquals("LORA", config.get("peft_type").asText());
    assertEquals(2, config.get("r").asInt());
    assertEquals(8, config.get("lora_alpha").asInt());
    assertTrue(config.get("use_dora").asBoolean());
    assertEquals(Q1, config.get("target_modules").get(0).asText());
    try (TensorSource source = TensorSource.open(folder.resolve("adapter_model.safetensors"))) {
      String key = "base_model.model." + Q1;
      assertEquals(Shape.of(2, 4), source.info(key + ".lora_A.weight").shape());
      assertEquals(Shape.of(4, 2), source.info(key + ".lora_B.weight").shape());
      assertEquals(Shape.of(4), source.info(key + ".lora_magnitude_vector").shape());
    }
  }

  @Test
  void honoursPatternsTargetsAndScales() throws IOException {
    PeftAdapter both =
        new PeftAdapter("", List.of(module(Q0, 1, 4, false), module(Q1, 4, 4, false)));
    both.write(folder);
    change("target_modules", "\"vision_model.*\\\\.q_proj\"");
    change("rank_pattern", "{\"layers\\\\.[1-9].self_attn.q_proj\": 4}");
    change("alpha_pattern", "{\"layers.0.self_attn.q_proj\": 16, \".*q_proj\": 2}");
    change("use_rslora", "true");
    List<PeftAdapter.Module> modules = PeftAdapter.read(folder, LAYERS).modules();
    assertEquals(16.0, modules.get(0).scale());
    assertEquals(1.0, modules.get(1).scale());
    assertNull(modules.get(0).magnitude());
    change("use_rslora", "false");
    assertEquals(0.5, PeftAdapter.read(folder, LAYERS).modules().get(1).scale());
    change("target_modules", "[\"q_proj\"]");
    assertEquals(2, PeftAdapter.read(folder, LAYERS).modules().size());
    change("layers_to_transform", "[0, 1]");
    assertEquals(2, PeftAdapter.read(folder, LAYERS).modules().size());
    change("layers_pattern", "\"layers\"");
    assertEquals(2, PeftAdapter.read(folder, LAYERS).modules().size());
    change("layers_to_transform", "1");
    refuses("leave out");
  }

  @Test
  void readsTheLongerNameOfTheMagnitude() throws IOException {
    new PeftAdapter("", List.of(module(Q1, 2, 8, true))).write(folder);
    Path weights = folder.resolve("adapter_model.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    try (TensorSource source = TensorSource.open(weights)) {
      for (String name : source.names()) {
        String stored = name.endsWith("vector") ? name + ".weight" : name;
        writer.tensor(stored, source.info(name).shape(), source.read(name));
      }
    }
    writer.write(weights);
    assertEquals(4, PeftAdapter.read(folder, LAYERS).modules().getFirst().magnitude().length);
  }

  @Test
  void refusesWhatItCannotHonour() throws IOException {
    Map<String, String> expectedByChange =
        Map.ofEntries(
            Map.entry("peft_type=\"IA3\"", "peft_type"),
            Map.entry("bias=\"all\"", "bias"),
            Map.entry("modules_to_save=[\"visual_projection\"]", "modules_to_save"),
            Map.entry("fan_in_fan_out=true", "fan_in_fan_out"),
            Map.entry("lora_bias=true", "lora_bias"),
            Map.entry("layer_replication=[[0,1]]", "layer_replication"),
            Map.entry("something_new=3", "something_new"),
            Map.entry("init_lora_weights=\"pissa\"", "pissa"),
            Map.entry("target_modules=null", "target_modules"),
            Map.entry("target_modules=\"(\"", "regular expression"),
            Map.entry("target_modules=[\"k_proj\"]", "leave out"),
            Map.entry("target_modules=\"all-linear\"", "no adapter of layer"),
            Map.entry("target_modules=7", "expected a text or a list"),
            Map.entry("exclude_modules=[\"q_proj\"]", "leave out"),
            Map.entry("r=5", "expected [5, 4]"),
            Map.entry("r=0", "the rank of"),
            Map.entry("r=\"2\"", "expected a number"),
            Map.entry("lora_alpha=null", "expected a number"),
            Map.entry("rank_pattern={\"q_proj\":7}", "expected [7, 4]"),
            Map.entry("rank_pattern=[1]", "not an object"),
            Map.entry("use_dora=false", "use_dora is not set"),
            Map.entry("use_dora=\"yes\"", "expected true or false"));
    for (var entry : expectedByChange.entrySet()) {
      new PeftAdapter("", List.of(module(Q0, 2, 4, true), module(Q1, 2, 4, true))).write(folder);
      String[] change = entry.getKey().split("=", 2);
      change(change[0], change[1]);
      refuses(entry.getValue());
    }
  }

  @Test
  void refusesTensorsThatDoNotFit() throws IOException {
    new PeftAdapter("", List.of(module(Q1, 2, 8, false))).write(folder);
    change("use_dora", "true");
    refuses("lora_magnitude_vector");
    change("use_dora", "false");
    InputException noLayer =
        assertThrows(
            InputException.class, () -> PeftAdapter.read(folder, Map.of(FC, Shape.of(6, 3))));
    assertTrue(noLayer.getMessage().contains(Q1), noLayer.getMessage());
    new SafetensorsWriter()
        .tensor("base_model.model.x.lora_embedding_A", Shape.of(1), new float[1])
        .write(folder.resolve("adapter_model.safetensors"));
    refuses("lora_embedding_A");
    Files.move(folder.resolve("adapter_model.safetensors"), folder.resolve("adapter_model.bin"));
    refuses("pickled");
    Files.delete(folder.resolve("adapter_config.json"));
    refuses("no such file");
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new PeftAdapter("", List.of(module(Q0, 2, 4, true), module(Q1, 2, 4, false)))
                .write(folder));
  }

  private void refuses(String expected) {
    InputException failure =
        assertThrows(InputException.class, () -> PeftAdapter.read(folder, LAYERS), expected);
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
  }

  private void change(String key, String json) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Path file = folder.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) mapper.readTree(file.toFile());
    config.set(key, mapper.readTree(json));
    Files.writeString(file, config.toString());
  }

  private static PeftAdapter.Module module(String name, int rank, double alpha, boolean dora) {
    int out = LAYERS.get(name).dim(0);
    int in = LAYERS.get(name).dim(1);
    return new PeftAdapter.Module(
        name,
        in,
        out,
        rank,
        alpha,
        false,
        counted(rank * in),
        counted(out * rank),
        dora ? counted(out) : null);
  }

  private static float[] counted(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i + 0.5f;
    }
    return values;
  }
}
