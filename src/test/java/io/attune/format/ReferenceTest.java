package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceTest {
  private static final String OUT_PROJ = "vision_model.encoder.layers.1.self_attn.out_proj.weight";
  private static final ReferenceModel MODEL =
      new ReferenceModel(
          8, 5, 6, 2, 4, 20, 3, 1, 7, Map.of("logit_scale", Shape.of(), OUT_PROJ, Shape.of(6, 6)));

  @TempDir Path folder;

  /** Tensors by name with their shapes, and metadata; written when opened. */
  private final Map<String, Shape> tensors = new TreeMap<>();

  private final Map<String, String> metadata = new TreeMap<>();
  private final Map<String, float[]> values = new TreeMap<>();
  private long highestId = 19;

  @Test
  void readsEveryLoss() {
    for (String loss : new String[] {"none", "contrastive", "behavior", "meg"}) {
      valid(loss);
      try (Reference reference = open()) {
        assertEquals(loss, reference.loss().name().toLowerCase(Locale.ROOT));
        assertEquals(2, reference.images());
        assertEquals(2, reference.texts());
        assertTrue(reference.compared().contains("activation.logits_per_image"));
      }
    }
  }

  @Test
  void givesAdaptersSettingsAndNames() {
    valid("meg");
    values.put("adapter.vision.1.m", new float[] {1, 2, 3, 4, 5, 6});
    try (Reference reference = open()) {
      assertEquals(3, reference.timePoints());
      assertEquals(16, reference.setting("adapter.alpha"));
      assertEquals(1, reference.adapters().size());
      Reference.Adapter adapter = reference.adapters().getFirst();
      assertEquals("vision", adapter.tower());
      assertEquals(1, adapter.block());
      assertEquals(2, adapter.rank());
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, adapter.m());
      assertTrue(
          reference
              .compared()
              .containsAll(Set.of("loss", "loss.mse", "gradient.adapter.vision.1.A")));
    }
  }

  @Test
  void acceptsScalarsOfOneElement() {
    valid("contrastive");
    tensors.put("loss", Shape.of(1));
    tensors.put("gradient.logit_scale", Shape.of(1));
    open().close();
  }

  @Test
  void namesWhatIsWrong() {
    refuses("none", () -> metadata.put("format", "other/1"), "format other/1");
    refuses("none", () -> metadata.remove("format"), "format null");
    refuses("none", () -> metadata.put("loss", "mse"), "loss mse");
    refuses("none", () -> tensors.remove("input.pixel_values"), "input.pixel_values is missing");
    refuses("none", () -> tensors.put("loss", Shape.of()), "unknown tensor loss");
    refuses("none", () -> tensors.put("gradient.logit_scale", Shape.of()), "unknown tensor");
    refuses("none", () -> tensors.put("activation.vison.pooled", Shape.of(2, 6)), "vison");
    refuses("none", () -> tensors.put("activation.vision.layers.2", Shape.of(2, 5, 6)), "layers.2");
    refuses("none", () -> tensors.put("input.targets", Shape.of(2, 2)), "unknown tensor");
    refuses(
        "none",
        () -> tensors.keySet().removeIf(name -> name.startsWith("activation.")),
        "inputs only");
    refuses("none", () -> highestId = 20, "holds 20 at element 7");
    refuses(
        "none",
        () -> tensors.put("activation.vision.pooled", Shape.of(3, 6)),
        "activation.vision.pooled has shape [3, 6]");
    refuses("none", () -> tensors.put("input.pixel_values", Shape.of(2, 3, 8, 9)), "8 at axis 3");
    refuses("none", () -> tensors.put("input.pixel_values", Shape.of(2, 3, 64)), "[2, 3, 64]");
    refuses(
        "none",
        () -> values.put("activation.logits_per_image", new float[] {0, 1, Float.NaN, 2}),
        "activation.logits_per_image holds NaN at element 2");
    refuses(
        "contrastive",
        () -> {
          valid("none");
          metadata.put("loss", "contrastive");
          tensors.keySet().removeIf(name -> name.startsWith("activation.vision"));
          tensors.put("input.pixel_values", Shape.of(3, 3, 8, 8));
          tensors.put("activation.logits_per_image", Shape.of(3, 2));
        },
        "as many images as texts");
    refuses("contrastive", () -> tensors.put("loss", Shape.of(2)), "expected []");
    refuses("contrastive", () -> tensors.put("gradient.bias", Shape.of(2)), "gradient.bias");
    refuses("contrastive", () -> tensors.put("gradient." + OUT_PROJ, Shape.of(6)), "[6, 6]");
    refuses("contrastive", () -> tensors.put("adapter.vision.1.m", Shape.of(6)), "unknown tensor");
    refuses("behavior", () -> tensors.remove("input.targets"), "input.targets is missing");
    refuses("behavior", () -> tensors.remove("adapter.vision.1.B"), "vision.1.B is missing");
    refuses(
        "behavior", () -> tensors.put("adapter.vision.1.B", Shape.of(6, 3)), "adapter.vision.1.A");
    refuses("behavior", () -> metadata.remove("adapter.alpha"), "adapter.alpha");
    refuses("behavior", () -> metadata.put("adapter.alpha", "big"), "\"big\"");
    refuses("behavior", () -> tensors.put("gradient." + OUT_PROJ, Shape.of(6, 6)), "fixed");
    refuses(
        "behavior",
        () -> tensors.put("gradient.adapter.text.0.A", Shape.of(2, 3)),
        "adapter.text.0.m is missing");
    refuses("meg", () -> tensors.remove("input.noise"), "input.noise is missing");
    refuses("meg", () -> tensors.put("input.richness", Shape.of(4)), "input.richness");
    refuses("meg", () -> metadata.remove("weight.mse"), "weight.mse");
    refuses("meg", () -> metadata.put("window", "1.5"), "whole number");
  }

  @Test
  void opensTheCommittedReferences() throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(Path.of("weights/references"))) {
      files = found.filter(file -> file.getFileName().toString().startsWith("reference-")).toList();
    }
    assertTrue(files.size() >= 8, files.toString());
    for (Path file : files) {
      try (TensorSource weights = TensorSource.open(file.getParent());
          Reference reference = Reference.open(file, describe(file.getParent(), weights))) {
        assertTrue(reference.compared().size() >= 3, file.toString());
      }
    }
  }

  private static ReferenceModel describe(Path folder, TensorSource weights) throws IOException {
    Map<String, Shape> shapes = new TreeMap<>();
    weights.names().forEach(name -> shapes.put(name, weights.info(name).shape()));
    JsonNode config = new ObjectMapper().readTree(folder.resolve("config.json").toFile());
    Shape vision = shapes.get("vision_model.embeddings.position_embedding.weight");
    Shape text = shapes.get("text_model.embeddings.position_embedding.weight");
    return new ReferenceModel(
        config.path("vision_config").path("image_size").asInt(),
        vision.dim(0),
        vision.dim(1),
        blocks(shapes, "vision"),
        text.dim(0),
        shapes.get("text_model.embeddings.token_embedding.weight").dim(0),
        text.dim(1),
        blocks(shapes, "text"),
        shapes.get("visual_projection.weight").dim(0),
        shapes);
  }

  private static int blocks(Map<String, Shape> shapes, String tower) {
    return (int)
        shapes.keySet().stream()
            .filter(name -> name.startsWith(tower) && name.endsWith(".mlp.fc1.bias"))
            .count();
  }

  private void refuses(String loss, Runnable change, String expected) {
    valid(loss);
    change.run();
    InputException failure = assertThrows(InputException.class, this::open, expected);
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
    assertTrue(failure.getMessage().contains("r.safetensors"), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count());
  }

  private void valid(String loss) {
    tensors.clear();
    metadata.clear();
    values.clear();
    highestId = 19;
    metadata.put("format", "attune-reference/1");
    metadata.put("loss", loss);
    tensors.put("input.pixel_values", Shape.of(2, 3, 8, 8));
    tensors.put("activation.vision.embeddings", Shape.of(2, 5, 6));
    tensors.put("activation.vision.layers.1", Shape.of(2, 5, 6));
    tensors.put("activation.text.layers.0", Shape.of(2, 4, 3));
    tensors.put("activation.text_embeds", Shape.of(2, 7));
    tensors.put("activation.logits_per_image", Shape.of(2, 2));
    if (!loss.equals("none")) {
      tensors.put("loss", Shape.of());
      tensors.put("gradient.pixel_values", Shape.of(2, 3, 8, 8));
      tensors.put("gradient.logit_scale", Shape.of());
    }
    if (loss.equals("behavior")) {
      tensors.put("input.targets", Shape.of(2, 2));
    }
    if (loss.equals("behavior") || loss.equals("meg")) {
      metadata.put("adapter.alpha", "16.0");
      tensors.put("adapter.vision.1.m", Shape.of(6));
      tensors.put("adapter.vision.1.A", Shape.of(2, 6));
      tensors.put("adapter.vision.1.B", Shape.of(6, 2));
      tensors.put("gradient.adapter.vision.1.A", Shape.of(2, 6));
    }
    if (loss.equals("meg")) {
      tensors.put("input.layer_weights", Shape.of(3, 2));
      for (String vector : new String[] {"richness", "generalization", "noise_level"}) {
        tensors.put("input." + vector, Shape.of(3));
      }
      for (String cube : new String[] {"noise", "floor", "meg_rdm"}) {
        tensors.put("input." + cube, Shape.of(3, 2, 2));
      }
      tensors.put("activation.mixing", Shape.of(3, 2));
      tensors.put("activation.embeddings", Shape.of(3, 2, 2));
      tensors.put("activation.rdm", Shape.of(3, 2, 2));
      tensors.put("gradient.layer_weights", Shape.of(3, 2));
      metadata.put("window", "3");
      for (String part : new String[] {"pearson", "mse", "generalization"}) {
        tensors.put("loss." + part, Shape.of());
        metadata.put("weight." + part, "0.5");
        metadata.put("normalizer." + part, "1");
      }
    }
  }

  private Reference open() {
    Path file = folder.resolve("r.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    metadata.forEach(writer::metadata);
    tensors.forEach(
        (name, shape) ->
            writer.tensor(name, shape, values.getOrDefault(name, new float[(int) shape.size()])));
    long[] ids = new long[8];
    ids[7] = highestId;
    writer.tensor("input.input_ids", DType.I64, Shape.of(2, 4), ids).write(file);
    return Reference.open(file, MODEL);
  }
}
