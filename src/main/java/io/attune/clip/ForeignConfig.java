package io.attune.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.device.op.Activation;
import io.attune.format.TensorSource;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The configuration of a model that has none of Hugging Face's: from {@code open_clip_config.json},
 * or derived from the shapes of its tensors. Heads are 64 wide there, as in all of OpenAI's models.
 */
final class ForeignConfig {
  private static final String OPEN_CLIP_CONFIG = "open_clip_config.json";
  private static final String OPEN_CLIP_WEIGHTS = "open_clip_model.safetensors";
  private static final int HEAD_SIZE = 64;

  private ForeignConfig() {}

  /** The folder's weights under Hugging Face's names: open_clip's file where theirs is absent. */
  static TensorSource openWeights(Path folder) {
    Path openClip = folder.resolve(OPEN_CLIP_WEIGHTS);
    boolean huggingFace =
        Files.exists(folder.resolve("model.safetensors"))
            || Files.exists(folder.resolve("model.safetensors.index.json"));
    TensorSource source =
        TensorSource.open(!huggingFace && Files.exists(openClip) ? openClip : folder);
    try {
      return ForeignNames.resolve(source);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /**
   * A configuration for tensors already under Hugging Face's names.
   *
   * @param activation wins over what a file says; required where none does
   */
  static ClipConfig derive(Path folder, TensorSource source, Activation activation) {
    Path file = folder.resolve(OPEN_CLIP_CONFIG);
    JsonNode config = Files.exists(file) ? read(file) : null;
    Activation used = activation;
    int visionHeadSize = HEAD_SIZE;
    int textHeads = 0;
    if (config != null) {
      if (used == null) {
        used = config.path("quick_gelu").asBoolean(false) ? Activation.QUICK_GELU : Activation.GELU;
      }
      visionHeadSize = config.path("vision_cfg").path("head_width").asInt(HEAD_SIZE);
      textHeads = config.path("text_cfg").path("heads").asInt(0);
    }
    if (used == null) {
      throw new InputException(
          "%s: neither config.json nor %s says which activation the model uses; give --activation quick_gelu (OpenAI's weights) or gelu"
              .formatted(folder, OPEN_CLIP_CONFIG));
    }
    Shape patch = source.info("vision_model.embeddings.patch_embedding.weight").shape();
    Shape positions = source.info("vision_model.embeddings.position_embedding.weight").shape();
    Shape tokens = source.info("text_model.embeddings.token_embedding.weight").shape();
    Shape context = source.info("text_model.embeddings.position_embedding.weight").shape();
    int side = (int) Math.round(Math.sqrt(positions.dim(0) - 1));
    int width = patch.dim(0);
    int textWidth = tokens.dim(1);
    return new ClipConfig(
        tower(source, "vision_model", width, Math.max(1, width / visionHeadSize), used),
        side * patch.dim(2),
        patch.dim(2),
        patch.dim(1),
        tower(
            source,
            "text_model",
            textWidth,
            textHeads > 0 ? textHeads : Math.max(1, textWidth / HEAD_SIZE),
            used),
        tokens.dim(0),
        context.dim(0),
        2,
        source.info("visual_projection.weight").shape().dim(0),
        2.6592);
  }

  private static ClipConfig.Tower tower(
      TensorSource source, String prefix, int width, int heads, Activation activation) {
    int blocks = 0;
    while (source.contains(prefix + ".encoder.layers." + blocks + ".self_attn.out_proj.weight")) {
      blocks++;
    }
    int hidden = source.info(prefix + ".encoder.layers.0.mlp.fc1.weight").shape().dim(0);
    return new ClipConfig.Tower(width, hidden, blocks, heads, activation, 1e-5);
  }

  private static JsonNode read(Path file) {
    try {
      JsonNode root = new ObjectMapper().readTree(file.toFile());
      return root.has("model_cfg") ? root.get("model_cfg") : root;
    } catch (IOException e) {
      throw new InputException("%s: not valid JSON".formatted(file), e);
    }
  }
}
