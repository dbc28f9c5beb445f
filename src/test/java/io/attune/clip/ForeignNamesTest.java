package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.format.SafetensorsWriter;
import io.attune.format.TensorSource;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignNamesTest {
  private static final Path REFERENCES = Path.of("weights/references/names");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"openai/model.safetensors", "open-clip/open_clip_model.safetensors"})
  void showsTheSameModelAsHuggingFaceStoresIt(String file) {
    try (TensorSource expected = TensorSource.open(REFERENCES);
        TensorSource found = ForeignNames.resolve(TensorSource.open(REFERENCES.resolve(file)))) {
      assertEquals(expected.names(), found.names());
      for (String name : expected.names()) {
        assertEquals(expected.info(name), found.info(name));
        assertArrayEquals(expected.read(name), found.read(name), name);
        assertArrayEquals(expected.readDoubles(name), found.readDoubles(name), name);
      }
    }
  }

  @Test
  void splitsAndTransposesKnownNumbers() {
    float[] stacked = new float[3 * 2 * 2];
    for (int i = 0; i < stacked.length; i++) {
      stacked[i] = i;
    }
    try (TensorSource source =
        written(
            minimal()
                .tensor(
                    "visual.transformer.resblocks.11.attn.in_proj_weight", Shape.of(6, 2), stacked)
                .tensor(
                    "transformer.resblocks.0.attn.in_proj_bias", Shape.of(3), new float[] {7, 8, 9})
                .tensor("visual.proj", Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6})
                .tensor("attn_mask", Shape.of(1), new float[1]))) {
      String layer = "vision_model.encoder.layers.11.self_attn.";
      assertArrayEquals(new float[] {0, 1, 2, 3}, source.read(layer + "q_proj.weight"));
      assertArrayEquals(new float[] {4, 5, 6, 7}, source.read(layer + "k_proj.weight"));
      assertArrayEquals(new float[] {8, 9, 10, 11}, source.read(layer + "v_proj.weight"));
      assertArrayEquals(
          new float[] {8}, source.read("text_model.encoder.layers.0.self_attn.k_proj.bias"));
      assertEquals(Shape.of(3, 2), source.info("visual_projection.weight").shape());
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, source.read("visual_projection.weight"));
      float[] part = new float[3];
      source.read("visual_projection.weight", 3, part, 1, 2);
      assertArrayEquals(new float[] {0, 5, 3}, part);
      float[] beyond = new float[9];
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> source.read(layer + "q_proj.weight", 0, beyond, 0, 5));
    }
  }

  @Test
  void leavesHuggingFacesNamesAlone() {
    try (TensorSource source = TensorSource.open(REFERENCES)) {
      assertSame(source, ForeignNames.resolve(source));
    }
  }

  @Test
  void refusesOtherModels() {
    refuses(new SafetensorsWriter().tensor("w", Shape.of(1), new float[1]), "not a CLIP model");
    refuses(
        minimal().tensor("visual.layer1.0.conv1.weight", Shape.of(1), new float[1]),
        "vision transformer");
    refuses(minimal().tensor("visual.trunk.x", Shape.of(1), new float[1]), "vision transformer");
    refuses(minimal().tensor("logit_bias", Shape.of(), new float[1]), "logit_bias");
    refuses(
        minimal().tensor("transformer.resblocks.0.ln_1.gamma", Shape.of(1), new float[1]),
        "ln_1.gamma");
    refuses(
        minimal()
            .tensor("transformer.resblocks.0.attn.in_proj_weight", Shape.of(4, 2), new float[8]),
        "cannot be split");
    refuses(minimal().tensor("visual.proj", Shape.of(2), new float[2]), "expected 2 axes");
    refuses(
        minimal()
            .tensor("text_projection", Shape.of(1, 1), new float[1])
            .tensor("text_projection.weight", Shape.of(1, 1), new float[1]),
        "are both");
  }

  private void refuses(SafetensorsWriter writer, String expected) {
    InputException failure = assertThrows(InputException.class, () -> written(writer));
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
  }

  private static SafetensorsWriter minimal() {
    return new SafetensorsWriter().tensor("visual.conv1.weight", Shape.of(1), new float[1]);
  }

  private TensorSource written(SafetensorsWriter writer) {
    Path file = folder.resolve("m.safetensors");
    writer.write(file);
    TensorSource source = TensorSource.open(file);
    try {
      return ForeignNames.resolve(source);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }
}
