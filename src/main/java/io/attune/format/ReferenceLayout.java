package io.attune.format;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tensors that a reference file may hold, with their axes as symbols: B images, N texts (K
 * prompts), C context, D and E widths of the image and text tower, P projection, H side of the
 * image, t image tokens, T time points, L blocks of the image tower, R... rank of an adapter.
 * Digits stand for themselves.
 */
final class ReferenceLayout {
  static final List<String> INPUTS = List.of("input.pixel_values", "input.input_ids");
  static final List<String> BEHAVIOR_INPUTS = List.of("input.targets");
  static final List<String> MEG_INPUTS =
      List.of(
          "input.layer_weights",
          "input.richness",
          "input.generalization",
          "input.noise_level",
          "input.noise",
          "input.floor",
          "input.meg_rdm");
  static final List<String> MEG_SETTINGS =
      List.of(
          "window",
          "weight.pearson",
          "weight.mse",
          "weight.generalization",
          "normalizer.pearson",
          "normalizer.mse",
          "normalizer.generalization");

  private static final Map<String, String> ALWAYS =
      Map.ofEntries(
          Map.entry("input.pixel_values", "B 3 H H"),
          Map.entry("input.input_ids", "N C"),
          Map.entry("activation.vision.embeddings", "B t D"),
          Map.entry("activation.vision.pooled", "B D"),
          Map.entry("activation.image_embeds", "B P"),
          Map.entry("activation.text.embeddings", "N C E"),
          Map.entry("activation.text.pooled", "N E"),
          Map.entry("activation.text_embeds", "N P"),
          Map.entry("activation.logits_per_image", "B N"));
  private static final Map<String, String> WITH_LOSS =
      Map.of("loss", "", "gradient.pixel_values", "B 3 H H");
  private static final Map<String, String> BEHAVIOR = Map.of("input.targets", "B N");
  private static final Map<String, String> MEG =
      Map.ofEntries(
          Map.entry("input.layer_weights", "T L"),
          Map.entry("input.richness", "T"),
          Map.entry("input.generalization", "T"),
          Map.entry("input.noise_level", "T"),
          Map.entry("input.noise", "T B N"),
          Map.entry("input.floor", "T B N"),
          Map.entry("input.meg_rdm", "T B B"),
          Map.entry("activation.mixing", "T L"),
          Map.entry("activation.embeddings", "T B N"),
          Map.entry("activation.rdm", "T B B"),
          Map.entry("loss.pearson", ""),
          Map.entry("loss.mse", ""),
          Map.entry("loss.generalization", ""),
          Map.entry("gradient.layer_weights", "T L"));
  private static final Pattern LAYER =
      Pattern.compile("activation\\.(vision|text)\\.layers\\.(0|[1-9]\\d{0,3})");
  private static final Pattern ADAPTER =
      Pattern.compile("(?:gradient\\.)?adapter\\.(vision|text)\\.(0|[1-9]\\d{0,3})\\.(m|A|B)");

  private final Map<String, String> fixed = new HashMap<>(ALWAYS);
  private final boolean hasAdapters;
  private final ReferenceModel model;

  ReferenceLayout(Reference.Loss loss, ReferenceModel model) {
    if (loss != Reference.Loss.NONE) {
      fixed.putAll(WITH_LOSS);
    }
    if (loss == Reference.Loss.BEHAVIOR) {
      fixed.putAll(BEHAVIOR);
    }
    if (loss == Reference.Loss.MEG) {
      fixed.putAll(MEG);
    }
    this.hasAdapters = loss == Reference.Loss.BEHAVIOR || loss == Reference.Loss.MEG;
    this.model = model;
  }

  /** Whether a name is an adapter's or its gradient's, as {tower, block, part}; null if not. */
  static String[] adapter(String name) {
    Matcher matcher = ADAPTER.matcher(name);
    return matcher.matches()
        ? new String[] {matcher.group(1), matcher.group(2), matcher.group(3)}
        : null;
  }

  /** The axes of a tensor, as symbols set apart by blanks; null if there may be no such tensor. */
  String axes(String name) {
    String axes = fixed.get(name);
    if (axes != null) {
      return axes;
    }
    Matcher layer = LAYER.matcher(name);
    if (layer.matches()) {
      boolean isVision = layer.group(1).equals("vision");
      return hasBlock(isVision, layer.group(2)) ? isVision ? "B t D" : "N C E" : null;
    }
    String[] adapter = adapter(name);
    if (adapter != null && hasAdapters && hasBlock(adapter[0].equals("vision"), adapter[1])) {
      String width = adapter[0].equals("vision") ? "D" : "E";
      String rank = "R" + adapter[0] + adapter[1];
      return switch (adapter[2]) {
        case "m" -> width;
        case "A" -> rank + " " + width;
        default -> width + " " + rank;
      };
    }
    return null;
  }

  private boolean hasBlock(boolean isVision, String number) {
    return Integer.parseInt(number) < (isVision ? model.visionBlocks() : model.textBlocks());
  }
}
