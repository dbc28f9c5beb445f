package io.attune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.format.JsonFault;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSettings;
import io.attune.hba.AdapterSite;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What {@code config.json} of a behaviour run says: enough to go on with the run, and to put its
 * adapters on a model.
 *
 * @param stage {@code behavior}
 * @param model folder of the base model, as it was given
 * @param things folder of the data, as it was given
 * @param alpha numerator of the adapters' scale
 * @param rankStabilized whether the scale is alpha over the root of the rank
 * @param preprocess {@code paper} or {@code clip}
 * @param order {@code id} or {@code repo}
 * @param trainableParameters numbers that train
 * @param cacheImages whether constant activations of images are cached; likewise cacheTexts
 * @param baseWeights checksum of the adapted projections before adaptation
 */
public record BehaviorConfig(
    String stage,
    String model,
    String things,
    String preset,
    String adapter,
    int rank,
    double alpha,
    boolean rankStabilized,
    int visionBlocks,
    int textBlocks,
    int epochs,
    int patience,
    int batch,
    long seed,
    double learningRate,
    double weightDecay,
    String preprocess,
    String order,
    List<String> prompts,
    long trainableParameters,
    boolean cacheImages,
    boolean cacheTexts,
    String baseWeights) {
  /** Value of {@code stage}. */
  public static final String STAGE = "behavior";

  /** Settings that a resumed run may change: where things lie, how long to train, what to cache. */
  static final List<String> MAY_DIFFER =
      List.of("model", "things", "epochs", "patience", "cache_images", "cache_texts");

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  /**
   * Reads the config of a run.
   *
   * @throws InputException if the folder holds no behaviour run
   */
  public static BehaviorConfig read(Path run) {
    return read(run, "finetune " + STAGE);
  }

  /**
   * Reads the config of a run where other kinds would have served too.
   *
   * @param accepted whose runs would have served, as the message for others lists them
   * @throws InputException if the folder holds no behaviour run
   */
  static BehaviorConfig read(Path run, String accepted) {
    Path file = run.resolve(RunFolder.CONFIG);
    JsonNode node =
        RunFolder.readJson(run, RunFolder.CONFIG)
            .orElseThrow(
                () ->
                    new InputException(
                        file + ": not found - name the folder of a run of " + accepted));
    String stage = node.path("stage").asText();
    if (!stage.equals(STAGE)) {
      throw new InputException(
          "%s: of %s - name the folder of a run of %s"
              .formatted(
                  file, stage.isEmpty() ? "no stage" : "a run of finetune " + stage, accepted));
    }
    try {
      return JSON.treeToValue(node, BehaviorConfig.class);
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: not the config of a run of this version: %s".formatted(file, JsonFault.of(e)), e);
    }
  }

  /** The adapters' settings. */
  public AdapterSettings adapterSettings() {
    return new AdapterSettings(AdapterKind.named(adapter), rank, alpha, rankStabilized, false);
  }

  /** Where the adapters sit in a model of these sizes. */
  public List<AdapterSite> sites(ClipConfig config) {
    return AdapterSet.lastBlocks(config, visionBlocks, textBlocks);
  }

  /** Checksum of the weights that adapters stand in for, by which a wrong base is noticed. */
  static String baseWeights(Device device, Clip clip, List<AdapterSite> sites) {
    CRC32C sum = new CRC32C();
    for (AdapterSite site : sites) {
      float[] values = device.toArray(AdapterSet.projection(clip, site).ownWeight().value());
      ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
      bytes.asFloatBuffer().put(values);
      sum.update(bytes);
    }
    return "crc32c:%08x".formatted(sum.getValue());
  }
}
