package io.attune.format;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A LoRA or DoRA adapter as PEFT keeps it: a folder with {@code adapter_config.json} and {@code
 * adapter_model.safetensors}. With s the scale, a LoRA module's weight is {@code W + s B A}, a DoRA
 * module's {@code m (W + s B A)/||W + s B A||} with one norm an output row.
 *
 * @param baseModel what the configuration says the adapter belongs to; may be empty
 * @param modules ordered by name
 */
public record PeftAdapter(String baseModel, List<Module> modules) {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PREFIX = "base_model.model.";
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";
  private static final String MAGNITUDE = ".lora_magnitude_vector";

  /**
   * The adapter of one linear layer.
   *
   * @param name the layer in Hugging Face's names, without {@code .weight}
   * @param a [rank, in]
   * @param b [out, rank]
   * @param magnitude [out] of a DoRA module, null for LoRA
   */
  public record Module(
      String name,
      int in,
      int out,
      int rank,
      double alpha,
      boolean rankStabilized,
      float[] a,
      float[] b,
      float[] magnitude) {
    public Module {
      if (a.length != (long) rank * in
          || b.length != (long) out * rank
          || (magnitude != null && magnitude.length != out)) {
        throw new IllegalArgumentException(
            "module %s: %d and %d elements do not make A [%d, %d] and B [%d, %d]"
                .formatted(name, a.length, b.length, rank, in, out, rank));
      }
    }

    /** s: alpha/rank, or alpha/sqrt(rank) where rank-stabilised. */
    public double scale() {
      return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
    }

    public boolean isDora() {
      return magnitude != null;
    }
  }

  /**
   * Reads an adapter.
   *
   * @param layers shape [out, in] of every linear layer of the base model, by name without {@code
   *     .weight}
   * @throws InputException if a file is missing or malformed, a setting is not supported, or
   *     configuration, tensors and base model disagree
   */
  public static PeftAdapter read(Path folder, Map<String, Shape> layers) {
    PeftConfig config = PeftConfig.read(folder.resolve(CONFIG));
    Path weights = folder.resolve(WEIGHTS);
    if (!Files.exists(weights)) {
      PickledWeights.refuseIn(folder);
    }
    try (TensorSource source = Safetensors.open(weights)) {
      SortedSet<String> names = moduleNames(source, config);
      for (String layer : layers.keySet()) {
        if (config.targets(layer) && !names.contains(layer)) {
          throw new InputException(
              "%s: no adapter of layer %s, which target_modules names".formatted(weights, layer));
        }
      }
      List<Module> modules = new ArrayList<>();
      for (String name : names) {
        Shape layer = layers.get(name);
        if (layer == null) {
          throw new InputException(
              "%s: holds an adapter of %s, a linear layer that the model does not have"
                  .formatted(weights, name));
        }
        modules.add(readModule(source, config, name, layer));
      }
      if (modules.isEmpty()) {
        throw new InputException("%s: holds no adapter".formatted(weights));
      }
      return new PeftAdapter(config.baseModel(), modules);
    }
  }

  /**
   * Writes both files into an existing folder.
   *
   * @throws IllegalArgumentException if some modules are DoRA and others are not, or differ in rank
   *     stabilisation, which one configuration cannot say
   */
  public void write(Path folder) {
    Module first = modules.getFirst();
    for (Module module : modules) {
      if (module.isDora() != first.isDora() || module.rankStabilized() != first.rankStabilized()) {
        throw new IllegalArgumentException(
            "modules %s and %s are of different kinds".formatted(first.name(), module.name()));
      }
    }
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    for (Module module : modules) {
      String name = PREFIX + module.name();
      writer.tensor(name + A, Shape.of(module.rank(), module.in()), module.a());
      writer.tensor(name + B, Shape.of(module.out(), module.rank()), module.b());
      if (module.isDora()) {
        writer.tensor(name + MAGNITUDE, Shape.of(module.out()), module.magnitude());
      }
    }
    writer.write(folder.resolve(WEIGHTS));
    AtomicFile.writeText(folder.resolve(CONFIG), config().toPrettyString() + "\n");
  }

  private ObjectNode config() {
    Module first = modules.getFirst();
    ObjectNode config = new ObjectMapper().createObjectNode();
    ObjectNode alphas = config.objectNode();
    ObjectNode ranks = config.objectNode();
    ArrayNode targets = config.arrayNode();
    for (Module module : modules) {
      targets.add(module.name());
      if (module.alpha() != first.alpha()) {
        putNumber(alphas, module.name(), module.alpha());
      }
      if (module.rank() != first.rank()) {
        ranks.put(module.name(), module.rank());
      }
    }
    config.set("alpha_pattern", alphas);
    config.put("base_model_name_or_path", baseModel);
    config.put("bias", "none");
    config.put("fan_in_fan_out", false);
    config.put("inference_mode", true);
    config.put("init_lora_weights", true);
    putNumber(config, "lora_alpha", first.alpha());
    config.put("lora_dropout", 0.0);
    config.putNull("modules_to_save");
    config.put("peft_type", "LORA");
    config.put("r", first.rank());
    config.set("rank_pattern", ranks);
    config.set("target_modules", targets);
    config.putNull("task_type");
    config.put("use_dora", first.isDora());
    config.put("use_rslora", first.rankStabilized());
    return config;
  }

  private static void putNumber(ObjectNode node, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
      node.put(key, (long) value);
    } else {
      node.put(key, value);
    }
  }

  /** The modules that the tensors belong to; every tensor must be a known part of one. */
  private static SortedSet<String> moduleNames(TensorSource source, PeftConfig config) {
    SortedMap<String, String> tensorByModule = new TreeMap<>();
    for (String tensor : source.names()) {
      String end =
          List.of(A, B, MAGNITUDE, MAGNITUDE + ".weight").stream()
              .filter(tensor::endsWith)
              .findFirst()
              .orElse(null);
      if (end == null || !tensor.startsWith(PREFIX)) {
        throw new InputException(
            "%s: tensor %s is not of the form %s<module>.lora_A.weight, .lora_B.weight or .lora_magnitude_vector"
                .formatted(source.location(), tensor, PREFIX));
      }
      if (end.startsWith(MAGNITUDE) && !config.isDora()) {
        throw new InputException(
            "%s: tensor %s belongs to DoRA, but use_dora is not set"
                .formatted(source.location(), tensor));
      }
      String module = tensor.substring(PREFIX.length(), tensor.length() - end.length());
      if (!config.targets(module)) {
        throw new InputException(
            "%s: tensor %s is of a module that target_modules, exclude_modules or layers_to_transform leave out"
                .formatted(source.location(), tensor));
      }
      tensorByModule.put(module, tensor);
    }
    return new TreeSet<>(tensorByModule.keySet());
  }

  private static Module readModule(
      TensorSource source, PeftConfig config, String name, Shape layer) {
    int rank = config.rank(name);
    int out = layer.dim(0);
    int in = layer.dim(1);
    String key = PREFIX + name;
    source.require(key + A, Shape.of(rank, in));
    source.require(key + B, Shape.of(out, rank));
    float[] magnitude = null;
    if (config.isDora()) {
      String stored =
          source.contains(key + MAGNITUDE) ? key + MAGNITUDE : key + MAGNITUDE + ".weight";
      source.require(stored, Shape.of(out));
      magnitude = source.read(stored);
    }
    return new Module(
        name,
        in,
        out,
        rank,
        config.alpha(name),
        config.isRankStabilized(),
        source.read(key + A),
        source.read(key + B),
        magnitude);
  }
}
