package io.attune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.attune.InputException;
import io.attune.data.meg.TimeAxis;
import io.attune.format.JsonFault;
import io.attune.hba.MegPreset;
import io.attune.hba.TimeCourses;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code config.json} of a MEG run says: enough to go on with the run, and to compute the
 * model's outputs.
 *
 * @param stage {@code meg} or {@code participant}
 * @param model folder of the base model, as it was given
 * @param images folder of the images
 * @param target condensed target, with its checksum beside it
 * @param behavior run of stage 1 whose text adapter is used; empty for none
 * @param startFrom run whose image tower is the start; empty for none
 * @param firstEpochs exact length of stage A; 0 where patience ends it
 * @param window time points to each side over which layer weights are averaged
 * @param firstMs time of the first output
 * @param stepMs between outputs
 * @param richness alpha at each time; generalization and noiseLevel likewise
 * @param trainableParameters numbers that train
 * @param baseWeights checksum of the adapted projections before adaptation
 */
public record MegConfig(
    String stage,
    String model,
    String images,
    String target,
    String targetSha256,
    String behavior,
    String startFrom,
    String preset,
    int rank,
    int epochs,
    int patience,
    int firstEpochs,
    boolean secondStage,
    int batch,
    long seed,
    double layerRateFirst,
    double layerRateSecond,
    double adapterRate,
    double weightDecay,
    String preprocess,
    List<String> prompts,
    int window,
    double firstMs,
    double stepMs,
    float[] richness,
    float[] generalization,
    float[] noiseLevel,
    long trainableParameters,
    String baseWeights) {
  /** Settings that a resumed run may change: where things lie, and how long to train. */
  static final List<String> MAY_DIFFER =
      List.of("model", "images", "target", "behavior", "start_from", "epochs", "patience");

  /** What the command line calls settings, where it is not their name with hyphens. */
  static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("second_stage", "--stage both"),
          Map.entry("layer_rate_first", "--layer-rate"),
          Map.entry("layer_rate_second", "--layer-rate"),
          Map.entry("adapter_rate", "--adapter-rate"),
          Map.entry("target_sha256", "the SHA-256 of --target"),
          Map.entry("prompts", "--prompts (or those of --behavior)"),
          Map.entry("base_weights", "the weights of --model"));

  /** Whose runs a MEG run starts from, as messages list them. */
  public static final String ANY_RUN = "finetune behavior, meg or participant";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  /** Value of {@code stage}. */
  static String stage(MegSettings.Scope scope) {
    return scope == MegSettings.Scope.GROUP ? "meg" : "participant";
  }

  /** Whether a folder holds a MEG run, of whichever stage. */
  public static boolean isMegRun(Path run) {
    return RunFolder.readJson(run, RunFolder.CONFIG)
        .map(node -> List.of("meg", "participant").contains(node.path("stage").asText()))
        .orElse(false);
  }

  /**
   * Reads the config of a run.
   *
   * @throws InputException if the folder holds no MEG run
   */
  public static MegConfig read(Path run) {
    Path file = run.resolve(RunFolder.CONFIG);
    if (!isMegRun(run)) {
      throw new InputException(
          file + ": no MEG run - name the folder of a run of finetune meg or participant");
    }
    JsonNode node = RunFolder.readJson(run, RunFolder.CONFIG).orElseThrow();
    try {
      return JSON.treeToValue(node, MegConfig.class);
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: not the config of a run of this version: %s".formatted(file, JsonFault.of(e)), e);
    }
  }

  /** When the outputs are of. */
  public TimeAxis axis() {
    return new TimeAxis(firstMs, stepMs, richness.length);
  }

  /** alpha, beta and nu, not windowed. */
  public TimeCourses courses() {
    return new TimeCourses(richness, generalization, noiseLevel);
  }

  /** How the run was trained. */
  public MegSettings settings() {
    MegPreset named = MegPreset.named(preset);
    return new MegSettings(
        stage.equals("meg") ? MegSettings.Scope.GROUP : MegSettings.Scope.INDIVIDUAL,
        named.withRates(new MegPreset.Rates(layerRateFirst, layerRateSecond, adapterRate)),
        rank,
        epochs,
        patience,
        firstEpochs,
        secondStage,
        batch,
        seed,
        weightDecay);
  }

  /** As it is written in a run. */
  static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
