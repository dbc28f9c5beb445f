package io.attune.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.device.op.Activation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Sizes of a CLIP model, as in a Hugging Face config.json.
 *
 * @param vision the image tower
 * @param imageSize side of the square input in pixels
 * @param patchSize side of a patch in pixels; imageSize is a multiple
 * @param channels colour channels, 3
 * @param text the text tower
 * @param vocabularySize V
 * @param context longest text in tokens, with start and end
 * @param endToken the id at which text is pooled; 2 means "the largest id", see {@link #endToken()}
 * @param projection width of the shared embedding
 * @param logitScale initial natural log of the logit scale
 */
public record ClipConfig(
    Tower vision,
    int imageSize,
    int patchSize,
    int channels,
    Tower text,
    int vocabularySize,
    int context,
    int endToken,
    int projection,
    double logitScale) {
  /** What Hugging Face's configuration classes take where a file leaves a value out. */
  private static final Tower VISION_DEFAULTS =
      new Tower(768, 3072, 12, 12, Activation.QUICK_GELU, 1e-5);

  private static final Tower TEXT_DEFAULTS =
      new Tower(512, 2048, 12, 8, Activation.QUICK_GELU, 1e-5);

  /** Far above any CLIP; a number beyond it is damage, and would fill the memory with names. */
  private static final int MOST_BLOCKS = 1024;

  /**
   * Sizes of one tower.
   *
   * @param width D
   * @param hidden width of the MLP
   * @param blocks L
   * @param heads H
   * @param activation of the MLP
   * @param epsilon of the LayerNorms
   */
  public record Tower(
      int width, int hidden, int blocks, int heads, Activation activation, double epsilon) {
    public Tower {
      if (blocks > MOST_BLOCKS) {
        throw new InputException(
            "num_hidden_layers is %d, expected at most %d".formatted(blocks, MOST_BLOCKS));
      }
      if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
        throw new InputException(
            "layer_norm_eps is %s, expected a small positive number".formatted(epsilon));
      }
      if (width < 1 || hidden < 1 || blocks < 1 || heads < 1 || width % heads != 0) {
        throw new InputException(
            "a tower of width %d, hidden %d, %d blocks, %d heads is impossible: all must be positive and width a multiple of heads"
                .formatted(width, hidden, blocks, heads));
      }
    }
  }

  public ClipConfig {
    if (patchSize < 1 || imageSize < patchSize || imageSize % patchSize != 0) {
      throw new InputException(
          "image_size %d is not a multiple of patch_size %d".formatted(imageSize, patchSize));
    }
    if (channels != 3) {
      throw new InputException("num_channels is %d, expected 3".formatted(channels));
    }
    if (vocabularySize < 1 || context < 2 || projection < 1) {
      throw new InputException(
          "vocab_size %d, max_position_embeddings %d, projection_dim %d: out of range"
              .formatted(vocabularySize, context, projection));
    }
  }

  /** The same sizes with another vocabulary. */
  public ClipConfig withVocabulary(int size, int newEndToken) {
    return new ClipConfig(
        vision,
        imageSize,
        patchSize,
        channels,
        text,
        size,
        context,
        newEndToken,
        projection,
        logitScale);
  }

  /** Patches and the class token. */
  public int visionTokens() {
    int side = imageSize / patchSize;
    return side * side + 1;
  }

  /** Numbers of one patch: C p p. */
  public int patchLength() {
    return channels * patchSize * patchSize;
  }

  /**
   * Whether text is pooled at the first largest token id, because {@code eos_token_id} is 2, as it
   * wrongly is in the published configs; otherwise at the first token that equals it.
   */
  public boolean poolsAtLargestToken() {
    return endToken == 2;
  }

  /** Reads {@code config.json}, given the file or the folder that holds it. */
  public static ClipConfig read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s: not found; a model folder holds config.json and model.safetensors in Hugging Face's layout"
              .formatted(file));
    }
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new InputException("%s: not valid JSON: %s".formatted(file, firstLine(e)), e);
    }
    try {
      return parse(root);
    } catch (InputException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static ClipConfig parse(JsonNode root) {
    JsonNode vision = section(root, "vision_config");
    JsonNode text = section(root, "text_config");
    return new ClipConfig(
        tower(vision, "vision_config.", VISION_DEFAULTS),
        integer(vision, "vision_config.", "image_size", 224),
        integer(vision, "vision_config.", "patch_size", 32),
        integer(vision, "vision_config.", "num_channels", 3),
        tower(text, "text_config.", TEXT_DEFAULTS),
        integer(text, "text_config.", "vocab_size", 49408),
        integer(text, "text_config.", "max_position_embeddings", 77),
        integer(text, "text_config.", "eos_token_id", 49407),
        integer(root, "", "projection_dim", 512),
        number(root, "", "logit_scale_init_value", 2.6592));
  }

  private static JsonNode section(JsonNode root, String name) {
    JsonNode node = root.get(name);
    if (node == null || !node.isObject()) {
      throw new InputException("no " + name + "; is this the config of a CLIP model?");
    }
    return node;
  }

  private static Tower tower(JsonNode node, String path, Tower defaults) {
    String activation = node.path("hidden_act").asText(defaults.activation().configName());
    return new Tower(
        integer(node, path, "hidden_size", defaults.width()),
        integer(node, path, "intermediate_size", defaults.hidden()),
        integer(node, path, "num_hidden_layers", defaults.blocks()),
        integer(node, path, "num_attention_heads", defaults.heads()),
        Arrays.stream(Activation.values())
            .filter(known -> known.configName().equals(activation))
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        "%shidden_act is \"%s\", expected quick_gelu or gelu (OpenAI's weights need quick_gelu)"
                            .formatted(path, activation))),
        number(node, path, "layer_norm_eps", defaults.epsilon()));
  }

  private static double number(JsonNode node, String path, String name, double fallback) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return fallback;
    }
    if (!value.isNumber()) {
      throw new InputException("%s%s is %s, expected a number".formatted(path, name, value));
    }
    return value.doubleValue();
  }

  private static int integer(JsonNode node, String path, String name, int fallback) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return fallback;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
      throw new InputException("%s%s is %s, expected an integer".formatted(path, name, value));
    }
    return value.intValue();
  }

  /** As a Hugging Face config.json. */
  public String toJson() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("model_type", "clip");
    root.putArray("architectures").add("CLIPModel");
    root.put("projection_dim", projection);
    root.put("logit_scale_init_value", logitScale);
    root.put("torch_dtype", "float32");
    ObjectNode textNode = root.putObject("text_config");
    textNode.put("model_type", "clip_text_model");
    put(textNode, text);
    textNode.put("vocab_size", vocabularySize);
    textNode.put("max_position_embeddings", context);
    textNode.put("eos_token_id", endToken);
    textNode.put("projection_dim", projection);
    ObjectNode visionNode = root.putObject("vision_config");
    visionNode.put("model_type", "clip_vision_model");
    put(visionNode, vision);
    visionNode.put("image_size", imageSize);
    visionNode.put("patch_size", patchSize);
    visionNode.put("num_channels", channels);
    visionNode.put("projection_dim", projection);
    return root.toPrettyString() + "\n";
  }

  private static void put(ObjectNode node, Tower tower) {
    node.put("hidden_size", tower.width());
    node.put("intermediate_size", tower.hidden());
    node.put("num_hidden_layers", tower.blocks());
    node.put("num_attention_heads", tower.heads());
    node.put("hidden_act", tower.activation().configName());
    node.put("layer_norm_eps", tower.epsilon());
    node.put("attention_dropout", 0.0);
  }
}
