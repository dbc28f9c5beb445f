package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.Progress;
import io.attune.cli.Terminal.Result;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.data.meg.MegTarget;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.format.NpyWriter;
import io.attune.hba.Prompts;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.Similarity;
import io.attune.tensor.Shape;
import io.attune.train.BehaviorPredictions;
import io.attune.train.MegConfig;
import io.attune.train.MegImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A group's model trained with a run of stage 1, scored beside it and against judgements. */
class EvaluateMegCommandTest {
  @TempDir private static Path temp;
  private static Path things;
  private static Path model;
  private static Path behavior;
  private static Path target;
  private static Path run;

  @BeforeAll
  static void train() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    behavior = temp.resolve("behavior");
    target = temp.resolve("group.npy");
    run = temp.resolve("run");
    MegFiles.draw(temp, 40, "group");
    MegFiles.condenseGroup(temp, 40);
    ok(
        "finetune behavior --model %s --things %s --rank 2 --epochs 1 --batch 8 --learning-rate 0.01 --device cpu --out %s"
            .formatted(model, things, behavior));
    ok(
        "finetune meg --model %s --things %s --target %s --behavior %s --preset corrected --stage a --epochs 1 --rank 2 --batch 8 --device cpu --out %s"
            .formatted(model, things, target, behavior, run));
  }

  private static Result evaluate(String more) {
    String command =
        "evaluate meg --run %s --target %s --things %s --model %s --concepts held-out --device cpu"
            + " %s";
    return Terminal.run(command.formatted(run, target, things, model, more).trim().split(" "));
  }

  private static JsonNode told(Result result) throws Exception {
    assertEquals(0, result.status(), result.err());
    return new ObjectMapper().readTree(result.out().lines().toList().getLast());
  }

  @Test
  void theRunOfStageOneIsScoredBesideIt() throws Exception {
    JsonNode models = told(evaluate("")).at("/alignment/0/models");
    Path merged = temp.resolve("merged");
    ok("export --model %s --run %s --format merged --out %s".formatted(model, behavior, merged));
    assertEquals(area(merged), models.at("/Behaviour/area").asDouble(), 1e-4);
    assertEquals(area(model), models.at("/CLIP/area").asDouble(), 1e-4);
    assertTrue(
        Math.abs(models.at("/Behaviour/area").asDouble() - models.at("/CLIP/area").asDouble())
            > 1e-3,
        models.toString());
  }

  /** The area of a model without time, from its predictions and the target's file. */
  private static double area(Path folder) {
    List<String> names = Split.read(run.resolve("split.json")).heldOut();
    MegConfig config = MegConfig.read(run);
    try (Device device = Devices.open("cpu").device();
        ClipModel opened = ClipModel.open(folder, device);
        MegTarget meg = MegTarget.open(target)) {
      double[][] rows =
          BehaviorPredictions.of(
              opened,
              MegImages.of(things, names),
              new Prompts(config.prompts()),
              Tokenizer.load(model),
              Preprocessing.valueOf(config.preprocess().toUpperCase(Locale.ROOT))
                  .forModel(model, opened.config()),
              Progress.NONE);
      Rdms still = Rdms.of("m", Rdm.ofFeatures(names, rows, Dissimilarity.CORRELATION));
      double[] times = IntStream.range(0, meg.times()).mapToDouble(meg.axis()::ms).toArray();
      return Similarity.of(still, meg.rdms("MEG", names, times), Comparison.SPEARMAN)
          .course(0)
          .area();
    }
  }

  /** A run whose stage 1 is gone is scored without it, and says so. */
  @Test
  void aRunOfStageOneThatIsGoneIsToldOf() throws Exception {
    Path away = temp.resolve("away");
    Files.move(behavior, away);
    try {
      Result result = evaluate("");
      JsonNode models = told(result).at("/alignment/0/models");
      assertTrue(models.path("Behaviour").isMissingNode(), result.out());
      assertTrue(result.err().contains("is not there, and is not compared"), result.err());
    } finally {
      Files.move(away, behavior);
    }
  }

  @Test
  void judgementsOfAFileAreMatchedByName() throws Exception {
    Rdm own = Things.open(things).measured();
    JsonNode usual = told(evaluate("")).path("behavior");
    Path plain = square("plain.npy", own);
    assertEquals(usual, told(evaluate("--measured " + plain)).path("behavior"));
    List<String> reversed = own.names().reversed();
    Path named = square("named.npy", own.select(reversed));
    Files.write(temp.resolve("named.npy.names.txt"), reversed);
    assertEquals(usual, told(evaluate("--measured " + named)).path("behavior"));
    List<String> some = own.names().subList(0, own.size() - 2);
    Path fewer = square("fewer.npy", own.select(some));
    refused("conditions without names", evaluate("--measured " + fewer));
    Files.write(temp.resolve("fewer.npy.names.txt"), some);
    JsonNode less = told(evaluate("--measured " + fewer)).path("behavior");
    assertTrue(less.path("peak").isNumber());
    assertFalse(usual.equals(less));
  }

  @Test
  void judgementsOfTrainedConceptsAreRefused() throws Exception {
    List<String> trained = Split.read(run.resolve("split.json")).train().subList(0, 5);
    double[] distances = new double[10];
    Arrays.setAll(distances, p -> p);
    Path file = square("trained.npy", Rdm.ofCondensed(trained, distances));
    Files.write(temp.resolve("trained.npy.names.txt"), trained);
    refused("5 concepts of the judgements trained the run", evaluate("--measured " + file));
    refused("no such file", evaluate("--measured " + temp.resolve("none.npy")));
    Path several = temp.resolve("several.npy");
    NpyWriter.write(several, Shape.of(2, 10), new double[20]);
    refused("2 RDMs, expected one", evaluate("--measured " + several));
  }

  @Test
  void whatCannotBeScoredIsToldBeforeImagesAreSeen() throws Exception {
    Path marker = run.resolve("checkpoints/current.json");
    byte[] whole = Files.readAllBytes(marker);
    Files.write(marker, Arrays.copyOf(whole, whole.length / 2));
    Result damaged = evaluate("");
    Files.write(marker, whole);
    refused("current.json: damaged", damaged);
    assertFalse(damaged.err().contains("predicting"), damaged.err());
    assertFalse(damaged.err().contains("java."), damaged.err());

    List<String> names = Files.readAllLines(things.resolve("meg/group_concepts.txt"));
    List<String> others = names.stream().map(name -> "no " + name).toList();
    Files.write(temp.resolve("others.txt"), others);
    ok(
        "data meg-condense --meg %s --names %s --step-ms 100 --participant 1 --out %s"
            .formatted(
                things.resolve("meg/validation-pairwise_decoding_RDM40.mat"),
                temp.resolve("others.txt"),
                temp.resolve("other-{p}.npy")));
    Result other = evaluate("--participant-targets " + temp.resolve("other-{p}.npy"));
    refused("other-1.npy: no MEG dissimilarities of", other);
    assertFalse(other.err().contains("predicting"), other.err());
  }

  private static void refused(String part, Result result) {
    assertEquals(2, result.status(), result.out());
    assertTrue(result.err().contains(part), result.err());
  }

  private static Path square(String name, Rdm rdm) {
    double[] values = Arrays.stream(rdm.square()).flatMapToDouble(Arrays::stream).toArray();
    Path file = temp.resolve(name);
    NpyWriter.write(file, Shape.of(rdm.size(), rdm.size()), values);
    return file;
  }
}
