package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.cli.Terminal.Result;
import io.attune.data.Split;
import io.attune.data.meg.MegTarget;
import io.attune.format.Npy;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.tensor.Shape;
import io.attune.train.MegImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From synthetic MEG to the group's model and two participants'. */
class MegCommandsTest {
  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    MegFiles.draw(temp, 40, "both");
    MegFiles.condenseGroup(temp, 40);
    MegFiles.condensePeople(temp, "all");
  }

  private static Result meg(String command, Path out, String... more) {
    List<String> arguments = new ArrayList<>(Arrays.asList("finetune", command));
    arguments.addAll(
        List.of("--model", model.toString(), "--things", things.toString(), "--device", "cpu"));
    arguments.addAll(List.of("--out", out.toString(), "--rank", "2", "--batch", "8"));
    arguments.addAll(Arrays.asList(more));
    return Terminal.run(arguments.toArray(String[]::new));
  }

  @Test
  void twoPromptsAreTooFewToCorrelate() throws IOException {
    Path prompts = Files.writeString(temp.resolve("two.txt"), "metallic\nround\n");
    Path out = temp.resolve("two");
    String target = temp.resolve("group.npy").toString();
    Result refused = meg("meg", out, "--target", target, "--prompts", prompts.toString());
    assertEquals(2, refused.status(), refused.err());
    assertTrue(refused.err().contains("prompts: 2, expected at least 3"), refused.err());
    assertTrue(Files.notExists(out));
  }

  @Test
  void aGroupsModelIsTrainedAndResumed() throws Exception {
    Path run = temp.resolve("run");
    String target = temp.resolve("group.npy").toString();
    Result plan = meg("meg", run, "--target", target, "--dry-run");
    assertEquals(0, plan.status(), plan.err());
    assertTrue(plan.out().contains("layer weights [15, "), plan.out());
    assertTrue(Files.notExists(run));
    Result first = meg("meg", run, "--target", target, "--epochs", "1");
    assertEquals(0, first.status(), first.err());
    Result second = meg("meg", run, "--target", target, "--epochs", "2", "--resume");
    assertEquals(0, second.status(), second.err());
    assertEquals(3, Files.readAllLines(run.resolve("metrics.csv")).size());
    assertTrue(second.out().contains("\"validation_pearson\":"), second.out());
    Path prompts =
        Files.write(
            temp.resolve("many.txt"),
            IntStream.range(0, 20).mapToObj(i -> "a photo of thing " + i).toList());
    Result texts = meg("meg", run, "--target", target, "--resume", "--prompts", prompts.toString());
    assertEquals(2, texts.status(), texts.err());
    assertTrue(texts.err().contains("with --prompts (or those of --behavior) = ["), texts.err());
    assertTrue(texts.err().lines().allMatch(line -> line.length() < 400), texts.err());
    Result stage = meg("meg", run, "--target", target, "--resume", "--stage", "a");
    assertEquals(2, stage.status());
    assertTrue(stage.err().contains("with --stage both = true, now asked for false"), stage.err());
    Result rate = meg("meg", run, "--target", target, "--resume", "--layer-rate", "0.5");
    assertTrue(rate.err().contains("with --layer-rate = "), rate.err());
    Result other = meg("meg", run, "--target", target, "--resume", "--preset", "corrected");
    assertEquals(2, other.status());
    assertEquals(1, other.err().lines().filter(l -> l.startsWith("attune:")).count());
  }

  @Test
  void outputsWithoutNoiseDoNotDependOnTheBatch() throws Exception {
    Path run = temp.resolve("corrected");
    String target = temp.resolve("group.npy").toString();
    Result tuned =
        meg(
            "meg",
            run,
            "--target",
            target,
            "--epochs",
            "2",
            "--preset",
            "corrected",
            "--stage",
            "a");
    assertEquals(0, tuned.status(), tuned.err());
    Path few = Files.createDirectory(temp.resolve("few"));
    List<Path> images;
    try (Stream<Path> all = Files.walk(things.resolve("images"))) {
      images = all.filter(f -> f.toString().matches(".*[.](jpg|png)")).sorted().limit(4).toList();
    }
    for (Path image : images) {
      Files.copy(image, few.resolve(image.getFileName()));
    }
    Path one = Files.createDirectory(temp.resolve("one"));
    Files.copy(images.get(2), one.resolve(images.get(2).getFileName()));
    Path all = temp.resolve("all.npy");
    Path single = temp.resolve("single.npy");
    ok("embed --model %s --adapter %s --images %s --out %s".formatted(model, run, few, all));
    ok("embed --model %s --adapter %s --images %s --out %s".formatted(model, run, one, single));
    try (Npy together = Npy.open(all);
        Npy alone = Npy.open(single)) {
      assertEquals(Shape.of(15, 4, 66), together.shape());
      assertEquals(Shape.of(15, 1, 66), alone.shape());
      float[] a = together.readFloats();
      float[] b = alone.readFloats();
      for (int t = 0; t < 15; t++) {
        for (int k = 0; k < 66; k++) {
          float expected = a[(t * 4 + 2) * 66 + k];
          assertEquals(expected, b[t * 66 + k], 1e-4 * Math.abs(expected) + 1e-6);
        }
      }
    }
    List<String> times = Files.readAllLines(temp.resolve("all.npy.times.csv"));
    assertEquals("-100.0,false", times.get(1));
    assertEquals("400.0,true", times.get(6));
    Path noisy = temp.resolve("noisy");
    assertEquals(
        0, meg("meg", noisy, "--target", target, "--epochs", "1", "--stage", "a").status());
    Result refused =
        Terminal.run(
            "embed --model %s --adapter %s --images %s --out %s"
                .formatted(model, noisy, one, temp.resolve("no.npy"))
                .split(" "));
    assertEquals(2, refused.status());
    assertTrue(refused.err().contains("give two or more"), refused.err());
  }

  @Test
  void participantsAreTrainedAndSummedUp() throws Exception {
    Path runs = temp.resolve("people");
    String target = temp.resolve("person-{p}.npy").toString();
    Result tuned =
        meg("participant", runs, "--target", target, "--participants", "1,3", "--epochs", "2");
    assertEquals(0, tuned.status(), tuned.err());
    List<String> summary = Files.readAllLines(runs.resolve("participants.csv"));
    assertEquals(3, summary.size());
    assertTrue(summary.get(2).startsWith("3,"), summary.get(2));
    assertTrue(Files.exists(runs.resolve("participant-03/metrics.csv")));
    Result wrong = meg("participant", runs, "--target", target, "--participants", "1,x");
    assertEquals(2, wrong.status());
    assertTrue(wrong.err().contains("found '1,x'"), wrong.err());
    participantsAreScored(runs, target);
  }

  private static void participantsAreScored(Path runs, String target) throws Exception {
    Path page = temp.resolve("people.html");
    String command =
        "evaluate participants --runs %s --target %s --things %s --model %s --device cpu"
            .formatted(runs, target, things, model);
    Result scored = ok(command + " --report " + page);
    JsonNode told = new ObjectMapper().readTree(scored.out().lines().toList().getLast());
    assertEquals(2, told.path("participants").size(), "those with a run");
    assertEquals("participant 3", told.at("/participants/1/participant").asText());
    assertTrue(told.at("/participants/0/area").isNumber(), scored.out());
    assertTrue(told.at("/participants/0/lower_bound_area").isNumber(), scored.out());
    int held = Split.read(runs.resolve("participant-01/split.json")).heldOut().size();
    assertEquals(held + " held-out images", told.at("/individuality/1/images").asText());
    for (String table : List.of("individuality", "participants", "views", "weight-distances")) {
      assertTrue(Files.exists(page.resolveSibling("people-" + table + ".csv")), table);
    }
    long own =
        IntStream.range(0, 2)
            .filter(
                p ->
                    told.at("/participants/%d/best_model".formatted(p))
                        .asText()
                        .equals(told.at("/participants/%d/participant".formatted(p)).asText()))
            .count();
    assertEquals(own, told.path("own_model_best").asLong());
    Result nobody = Terminal.run(command.replace(runs.toString(), things.toString()).split(" "));
    assertEquals(2, nobody.status());
    assertTrue(nobody.err().contains("holds no run such as participant-01"), nobody.err());
    Result alone = Terminal.run((command + " --participants 1").split(" "));
    assertEquals(2, alone.status());
    assertTrue(alone.err().contains("at least 2"), alone.err());
    Result missing = Terminal.run((command + " --participants 1,2").split(" "));
    assertEquals(2, missing.status());
    assertTrue(missing.err().contains("participant-02"), missing.err());
  }

  @Test
  void aGroupsModelIsScoredWithItsCeiling() throws Exception {
    Path run = temp.resolve("scored");
    Path group = temp.resolve("group.npy");
    Result tuned =
        meg(
            "meg",
            run,
            "--target",
            group.toString(),
            "--epochs",
            "1",
            "--preset",
            "corrected",
            "--stage",
            "a");
    assertEquals(0, tuned.status(), tuned.err());
    Path raw = things.resolve("meg");
    ok(
        "data meg-condense --meg %s --names %s --step-ms 100 --participant all --out %s"
            .formatted(
                raw.resolve("validation-pairwise_decoding_RDM40.mat"),
                raw.resolve("group_concepts.txt"),
                temp.resolve("member-{p}.npy")));
    Path page = temp.resolve("page/meg.html");
    Files.createDirectories(page.getParent());
    String command =
        "evaluate meg --run %s --target %s --things %s --model %s --device cpu"
            .formatted(run, group, things, model);
    Result scored =
        ok(
            command
                + " --participant-targets %s --report %s"
                    .formatted(temp.resolve("member-{p}.npy"), page));
    JsonNode told = new ObjectMapper().readTree(scored.out().lines().toList().getLast());
    JsonNode first = told.at("/alignment/0");
    Split split = Split.read(run.resolve("split.json"));
    assertEquals(split.heldOut().size() + " held-out concepts", first.path("concepts").asText());
    assertEquals(4, told.path("alignment").size(), "two sets, against group and participants");
    List<String> outputs = new ArrayList<>(split.heldOut());
    double expected = areaByHand(run, group, outputs);
    assertEquals(expected, first.at("/models/MEG model/area").asDouble(), 1e-3);
    assertTrue(first.at("/models/CLIP/area").isNumber(), scored.out());
    assertTrue(first.at("/ceiling/lower bound/area").asDouble() > 0, scored.out());
    assertTrue(told.at("/behavior/peak").isNumber(), scored.out());
    assertTrue(Files.readString(page).contains("held-out concepts"));
    for (String table :
        List.of("areas", "behavior", "courses", "generalization", "movie", "weights")) {
      assertTrue(Files.exists(page.resolveSibling("meg-" + table + ".csv")), table);
    }
    List<String> weights = Files.readAllLines(page.resolveSibling("meg-weights.csv"));
    assertTrue(weights.size() > 15, weights.getFirst());
    Result validation = ok(command + " --concepts validation");
    JsonNode alone = new ObjectMapper().readTree(validation.out().lines().toList().getLast());
    assertEquals(1, alone.path("alignment").size());
    assertEquals(
        split.validation().size() + " validation concepts",
        alone.at("/alignment/0/concepts").asText());
    Result held = ok(command + " --concepts held-out");
    assertTrue(held.out().contains(first.path("concepts").asText()), held.out());
    Result other = Terminal.run((command + " --participant-targets none-{p}.npy").split(" "));
    assertEquals(2, other.status());
    assertTrue(other.err().contains("no such target"), other.err());
  }

  /** From the outputs that embed writes, compared with the target's own file. */
  private static double areaByHand(Path run, Path group, List<String> names) throws Exception {
    Path folder = Files.createDirectory(temp.resolve("held-out"));
    List<String> sorted = names.stream().sorted().toList();
    List<Path> files = MegImages.of(things, sorted);
    for (int i = 0; i < files.size(); i++) {
      String file = files.get(i).getFileName().toString();
      String ending = file.substring(file.lastIndexOf('.'));
      Files.copy(files.get(i), folder.resolve("%02d%s".formatted(i, ending)));
    }
    Path out = temp.resolve("held-out.npy");
    ok("embed --model %s --adapter %s --images %s --out %s".formatted(model, run, folder, out));
    List<String> times = Files.readAllLines(temp.resolve("held-out.npy.times.csv"));
    try (Npy npy = Npy.open(out);
        MegTarget target = MegTarget.open(group)) {
      float[] values = npy.readFloats();
      int n = sorted.size();
      double area = 0;
      double before = Double.NaN;
      for (int t = 0; t < target.times(); t++) {
        double rho = Double.NaN;
        if (times.get(t + 1).endsWith("true")) {
          double[][] rows = new double[n][66];
          for (int i = 0; i < n * 66; i++) {
            rows[i / 66][i % 66] = values[t * n * 66 + i];
          }
          Rdm rdm = Rdm.ofFeatures(sorted, rows, Dissimilarity.CORRELATION);
          rho = Comparison.SPEARMAN.compare(rdm, target.rdm(t, sorted)).value();
        }
        double part = (rho + before) / 2 * target.axis().stepMs();
        boolean counts = !Double.isNaN(part) && target.axis().ms(t) > 0;
        area += counts ? part : 0;
        before = rho;
      }
      return area;
    }
  }
}
