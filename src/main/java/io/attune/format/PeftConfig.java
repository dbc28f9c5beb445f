package io.attune.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * An {@code adapter_config.json}. Every setting that changes what the adapter computes is honoured
 * or refused; one that is not known is refused unless it is empty or switched off.
 */
final class PeftConfig {
  private static final long LONGEST = 1 << 24;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Where the adapter came from and how it was trained; nothing that its output depends on. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "task_type",
          "base_model_name_or_path",
          "revision",
          "inference_mode",
          "auto_mapping",
          "lora_dropout",
          "peft_version",
          "megatron_core",
          "qalora_group_size",
          "loftq_config",
          "eva_config",
          "runtime_config");

  private static final Set<String> HONOURED =
      Set.of(
          "peft_type",
          "r",
          "lora_alpha",
          "use_dora",
          "use_rslora",
          "rank_pattern",
          "alpha_pattern",
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "init_lora_weights",
          "bias");

  private static final Set<String> HARMLESS_STARTS = Set.of("gaussian", "eva", "orthogonal");

  private final Path file;
  private final JsonNode root;

  private PeftConfig(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /** Reads and checks a configuration. */
  static PeftConfig read(Path file) {
    JsonNode root;
    try {
      if (!Files.isRegularFile(file)) {
        throw new InputException("%s: no such file".formatted(file));
      }
      if (Files.size(file) > LONGEST) {
        throw new InputException("%s: too long for an adapter's configuration".formatted(file));
      }
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new InputException("%s: not valid JSON".formatted(file), e);
    } catch (IOException e) {
      throw new InputException("%s: cannot read: %s".formatted(file, e.getMessage()), e);
    }
    if (!root.isObject()) {
      throw new InputException("%s: not a JSON object".formatted(file));
    }
    PeftConfig config = new PeftConfig(file, root);
    config.check();
    return config;
  }

  boolean isDora() {
    return flag("use_dora");
  }

  boolean isRankStabilized() {
    return flag("use_rslora");
  }

  String baseModel() {
    return root.path("base_model_name_or_path").asText("");
  }

  /** The rank of a module: the first matching entry of {@code rank_pattern}, or {@code r}. */
  int rank(String module) {
    double rank = patterned("rank_pattern", "r", module);
    if (rank < 1 || rank != Math.rint(rank) || rank > Integer.MAX_VALUE) {
      throw bad("the rank of %s is %s, expected a whole number from 1", module, rank);
    }
    return (int) rank;
  }

  /**
   * Alpha of a module: the first matching entry of {@code alpha_pattern}, or {@code lora_alpha}.
   */
  double alpha(String module) {
    return patterned("alpha_pattern", "lora_alpha", module);
  }

  /** Whether the adapter is meant for a module, by PEFT's rules. */
  boolean targets(String module) {
    return names("target_modules", module)
        && !names("exclude_modules", module)
        && isLayerIncluded(module);
  }

  private void check() {
    if (!root.path("peft_type").asText("").equals("LORA")) {
      throw bad("peft_type is %s, only LORA (with or without DoRA) is read", root.get("peft_type"));
    }
    String bias = root.path("bias").asText("none");
    if (!bias.equals("none")) {
      throw bad("bias is \"%s\": adapters with trained biases are not read, only \"none\"", bias);
    }
    JsonNode start = root.path("init_lora_weights");
    if (start.isTextual() && !HARMLESS_STARTS.contains(start.asText())) {
      throw bad(
          "init_lora_weights is %s, which changes the base weights;"
              + " save it with path_initial_model_for_weight_conversion",
          start);
    }
    if (isOff(root.path("target_modules"))) {
      throw bad("target_modules is missing");
    }
    for (String key : new String[] {"r", "lora_alpha"}) {
      if (!root.path(key).isNumber()) {
        throw bad("%s is %s, expected a number", key, root.get(key));
      }
    }
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      String key = entry.getKey();
      if (!HONOURED.contains(key) && !WITHOUT_EFFECT.contains(key) && !isOff(entry.getValue())) {
        String value = entry.getValue().toString();
        throw bad(
            "%s is %s, which is not supported; train the adapter without it",
            key, value.length() > 80 ? value.substring(0, 80) + "..." : value);
      }
    }
  }

  private static boolean isOff(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || (value.isBoolean() && !value.asBoolean())
        || (value.isContainerNode() && value.isEmpty())
        || (value.isTextual() && value.asText().isEmpty());
  }

  private boolean flag(String key) {
    JsonNode value = root.path(key);
    if (!isOff(value) && !value.isBoolean()) {
      throw bad("%s is %s, expected true or false", key, value);
    }
    return value.asBoolean(false);
  }

  private double patterned(String patterns, String otherwise, String module) {
    JsonNode found = root.get(otherwise);
    JsonNode map = root.path(patterns);
    if (!isOff(map) && !map.isObject()) {
      throw bad("%s is not an object of numbers by module", patterns);
    }
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (matches("(.*\\.)?(" + entry.getKey() + ")", module, patterns)) {
        found = entry.getValue();
        break;
      }
    }
    if (!found.isNumber()) {
      throw bad("%s of %s is %s, expected a number", patterns, module, found);
    }
    return found.asDouble();
  }

  /** A text is a regular expression for the whole name; a list holds names or their ends. */
  private boolean names(String key, String module) {
    JsonNode value = root.path(key);
    if (isOff(value)) {
      return false;
    }
    if (value.isTextual()) {
      return value.asText().equals("all-linear") || matches(value.asText(), module, key);
    }
    if (!value.isArray()) {
      throw bad("%s is %s, expected a text or a list", key, value);
    }
    for (JsonNode name : value) {
      if (module.equals(name.asText()) || module.endsWith("." + name.asText())) {
        return true;
      }
    }
    return false;
  }

  private boolean isLayerIncluded(String module) {
    JsonNode layers = root.path("layers_to_transform");
    if (isOff(layers)) {
      return true;
    }
    JsonNode pattern = root.path("layers_pattern");
    String list =
        isOff(pattern)
            ? "[^.]*"
            : pattern.isArray()
                ? String.join("|", pattern.valueStream().map(JsonNode::asText).toList())
                : pattern.asText();
    var matcher =
        compile(".*\\.(?:" + list + ")\\.(\\d{1,9})\\..*", "layers_pattern").matcher(module);
    if (!matcher.matches()) {
      return false;
    }
    int layer = Integer.parseInt(matcher.group(matcher.groupCount()));
    return layers.isArray()
        ? layers.valueStream().anyMatch(number -> number.asInt(-1) == layer)
        : layers.asInt(-1) == layer;
  }

  private boolean matches(String pattern, String module, String key) {
    return compile(pattern, key).matcher(module).matches();
  }

  private Pattern compile(String pattern, String key) {
    try {
      return Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      throw bad("%s holds %s, which is not a regular expression", key, pattern);
    }
  }

  private InputException bad(String format, Object... args) {
    return new InputException(file + ": " + format.formatted(args));
  }
}
