package io.attune.clip;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * The values of a {@code preprocessor_config.json}, as CLIPImageProcessor understands them. A
 * missing field has that class's default; a field that asks for something not offered is refused,
 * never ignored.
 *
 * @param size what the resize aims at
 * @param cropWidth columns of the centre crop
 * @param cropHeight rows of the centre crop
 * @param rescaleFactor what a byte is multiplied by, usually 1/255
 * @param mean per channel, after rescaling
 * @param std per channel
 */
public record PreprocessorConfig(
    boolean doResize,
    Size size,
    Resampling resample,
    boolean doCenterCrop,
    int cropWidth,
    int cropHeight,
    boolean doRescale,
    double rescaleFactor,
    boolean doNormalize,
    double[] mean,
    double[] std) {
  public static final String FILE_NAME = "preprocessor_config.json";

  private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};
  private static final double[] PAPER_MEAN = {0.52997664, 0.48070561, 0.41943838};
  private static final double[] PAPER_STD = {0.27608301, 0.26593025, 0.28238822};
  private static final int MAX_SIDE = 16_384;

  /** The resize's aim: a shortest edge, or, where that is 0, an exact width and height. */
  public record Size(int shortestEdge, int width, int height) {
    public boolean isShortestEdge() {
      return shortestEdge > 0;
    }
  }

  /** CLIP's own values for a model of {@code size} x {@code size} pixels. */
  public static PreprocessorConfig standard(int size) {
    return new PreprocessorConfig(
        true,
        new Size(size, 0, 0),
        Resampling.BICUBIC,
        true,
        size,
        size,
        true,
        1 / 255.0,
        true,
        CLIP_MEAN.clone(),
        CLIP_STD.clone());
  }

  static PreprocessorConfig paper(int width, int height) {
    return new PreprocessorConfig(
        true,
        new Size(0, width, height),
        Resampling.BILINEAR,
        false,
        width,
        height,
        true,
        1 / 255.0,
        true,
        PAPER_MEAN.clone(),
        PAPER_STD.clone());
  }

  int outputWidth() {
    return doCenterCrop ? cropWidth : size.width();
  }

  int outputHeight() {
    return doCenterCrop ? cropHeight : size.height();
  }

  /**
   * Reads the file of a model folder.
   *
   * @throws InputException when it is missing, is not JSON, or asks for what is not offered
   */
  public static PreprocessorConfig read(Path modelDir) {
    Path file = modelDir.resolve(FILE_NAME);
    try {
      return parse(new ObjectMapper().readTree(Files.readAllBytes(file)), file);
    } catch (NoSuchFileException e) {
      throw new InputException(
          file
              + ": no such file; CLIP's preprocessing is read from it: copy the model's own, or use"
              + " the paper's",
          e);
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: not valid JSON: %s"
              .formatted(file, e.getOriginalMessage().lines().findFirst().orElse("")),
          e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private static PreprocessorConfig parse(JsonNode json, Path file) {
    Fields fields = new Fields(json, file);
    fields.refuseUnknownSteps();
    boolean doResize = fields.flag("do_resize");
    boolean doCenterCrop = fields.flag("do_center_crop");
    Size size = fields.size("size", new Size(224, 0, 0), true);
    Size crop = fields.size("crop_size", new Size(0, 224, 224), false);
    if (!doCenterCrop && (!doResize || size.isShortestEdge())) {
      throw fields.refuse("do_center_crop", "true, or a size with height and width", "false");
    }
    return new PreprocessorConfig(
        doResize,
        size,
        fields.resample(),
        doCenterCrop,
        crop.width(),
        crop.height(),
        fields.flag("do_rescale"),
        fields.number("rescale_factor", 1 / 255.0),
        fields.flag("do_normalize"),
        fields.channels("image_mean", CLIP_MEAN, false),
        fields.channels("image_std", CLIP_STD, true));
  }

  /** Writes the file into a model folder: whole or not at all. */
  public void write(Path modelDir) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.putObject("crop_size").put("height", cropHeight).put("width", cropWidth);
    json.put("do_center_crop", doCenterCrop);
    json.put("do_convert_rgb", true);
    json.put("do_normalize", doNormalize);
    json.put("do_rescale", doRescale);
    json.put("do_resize", doResize);
    json.put("image_processor_type", "CLIPImageProcessor");
    ArrayNode means = json.putArray("image_mean");
    ArrayNode deviations = json.putArray("image_std");
    for (int c = 0; c < 3; c++) {
      means.add(mean[c]);
      deviations.add(std[c]);
    }
    json.put("resample", resample.pilCode());
    json.put("rescale_factor", rescaleFactor);
    ObjectNode sizes = json.putObject("size");
    if (size.isShortestEdge()) {
      sizes.put("shortest_edge", size.shortestEdge());
    } else {
      sizes.put("height", size.height()).put("width", size.width());
    }
    Path file = modelDir.resolve(FILE_NAME);
    try {
      AtomicFile.writeText(
          file, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain values always has a text
    }
  }

  /** Reads single fields, naming file and field in every refusal. */
  private record Fields(JsonNode json, Path file) {
    Fields {
      if (json == null || !json.isObject()) {
        throw new InputException(file + ": expected a JSON object");
      }
    }

    InputException refuse(String field, String expected, Object found) {
      return new InputException(
          "%s: %s: expected %s, found %s".formatted(file, field, expected, found));
    }

    private JsonNode get(String field) {
      JsonNode node = json.get(field);
      return node == null || node.isNull() ? null : node;
    }

    /** Steps such as do_pad change the pixels; one that is not known must be off. */
    void refuseUnknownSteps() {
      Set<String> known =
          Set.of("do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb");
      for (Map.Entry<String, JsonNode> entry : json.properties()) {
        String field = entry.getKey();
        if (field.startsWith("do_")
            && !known.contains(field)
            && entry.getValue().asBoolean(true)
            && !entry.getValue().isNull()) {
          throw refuse(field, "false (this step is not offered)", entry.getValue());
        }
      }
      if (!flag("do_convert_rgb")) {
        throw refuse("do_convert_rgb", "true (images are always read as RGB)", "false");
      }
    }

    boolean flag(String field) {
      JsonNode node = get(field);
      if (node != null && !node.isBoolean()) {
        throw refuse(field, "true or false", node);
      }
      return node == null || node.booleanValue();
    }

    double number(String field, double standard) {
      JsonNode node = get(field);
      if (node == null) {
        return standard;
      }
      if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
        throw refuse(field, "a number", node);
      }
      return node.doubleValue();
    }

    Resampling resample() {
      JsonNode node = get("resample");
      if (node == null) {
        return Resampling.BICUBIC;
      }
      for (Resampling filter : Resampling.values()) {
        if (node.isIntegralNumber() && node.intValue() == filter.pilCode()) {
          return filter;
        }
      }
      throw refuse("resample", "2 (bilinear) or 3 (bicubic)", node);
    }

    /** An integer is a shortest edge where that is allowed and a square where it is not. */
    Size size(String field, Size standard, boolean edgeAllowed) {
      JsonNode node = get(field);
      if (node == null) {
        return standard;
      }
      if (node.isIntegralNumber()) {
        int side = side(field, node);
        return edgeAllowed ? new Size(side, 0, 0) : new Size(0, side, side);
      }
      if (edgeAllowed && node.size() == 1 && node.has("shortest_edge")) {
        return new Size(side(field, node.get("shortest_edge")), 0, 0);
      }
      if (node.size() == 2 && node.has("height") && node.has("width")) {
        return new Size(0, side(field, node.get("width")), side(field, node.get("height")));
      }
      String edge = edgeAllowed ? "{shortest_edge}, " : "";
      throw refuse(field, "an integer, " + edge + "or {height, width}", node);
    }

    private int side(String field, JsonNode node) {
      if (!node.isIntegralNumber() || node.longValue() < 1 || node.longValue() > MAX_SIDE) {
        throw refuse(field, "1 to " + MAX_SIDE + " pixels", node);
      }
      return node.intValue();
    }

    double[] channels(String field, double[] standard, boolean divisor) {
      JsonNode node = get(field);
      if (node == null) {
        return standard.clone();
      }
      if (!node.isArray() || node.size() != 3) {
        throw refuse(field, "3 numbers", node);
      }
      double[] values = new double[3];
      for (int c = 0; c < 3; c++) {
        values[c] = node.get(c).doubleValue();
        if (!node.get(c).isNumber()
            || !Float.isFinite((float) values[c])
            || (divisor && (float) values[c] == 0)) {
          throw refuse(field, divisor ? "3 numbers other than 0" : "3 numbers", node);
        }
      }
      return values;
    }
  }
}
