package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.cli.Terminal.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From synthetic data and a random model to a tuned one, its score and its report. */
class BehaviorCommandsTest {
  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    ok("data", "synth", "--out", things.toString(), "--concepts", "40", "--size", "32");
    ok("init", "--arch", "tiny", "--out", model.toString());
  }

  @Test
  void finetuneWritesWhatItPromises() throws Exception {
    Path run = temp.resolve("run");
    Result tuned = finetune(run, "--epochs", "2", "--report");
    assertEquals(0, tuned.status(), tuned.err());
    JsonNode line = json(tuned.out());
    assertEquals(
        List.of("spearman_before", "spearman_after", "best_epoch", "trainable_parameters"),
        names(line));
    assertTrue(line.get("trainable_parameters").asLong() > 0);
    List<String> metrics = Files.readAllLines(run.resolve("metrics.csv"));
    assertEquals("epoch,train_loss,validation_loss,spearman,images_per_second", metrics.getFirst());
    assertEquals(3, metrics.size());
    String html = Files.readString(run.resolve("report.html"));
    assertTrue(html.contains("held-out objects") && html.contains("data:image/jpeg;base64,"));
    assertTrue(Files.exists(run.resolve("report-dimensions.csv")));

    Path file = temp.resolve("score.json");
    Result score =
        ok(
            "evaluate",
            "behavior",
            "--model",
            model.toString(),
            "--adapter",
            run.toString(),
            "--things",
            things.toString(),
            "--json",
            file.toString());
    assertEquals(List.of("spearman", "p_value", "pairs"), names(json(score.out())));
    assertEquals(
        line.get("spearman_after").asDouble(), json(score.out()).get("spearman").asDouble(), 1e-4);
    assertEquals(json(score.out()), json(Files.readString(file)));

    Path plain = temp.resolve("plain.csv");
    Path adapted = temp.resolve("adapted.csv");
    Path images = Files.createDirectories(temp.resolve("images"));
    try (var walk = Files.walk(things.resolve("images"))) {
      Path first = walk.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
      Files.copy(first, images.resolve(first.getFileName()));
    }
    embed(images, plain);
    embed(images, adapted, "--adapter", run.toString());
    assertFalse(Files.readString(plain).equals(Files.readString(adapted)));

    Path merged = temp.resolve("merged");
    Path peft = temp.resolve("peft");
    export(run, "merged", merged);
    export(run, "peft", peft);
    Path fromMerged = temp.resolve("merged.csv");
    Path fromPeft = temp.resolve("peft.csv");
    ok(
        "embed",
        "--model",
        merged.toString(),
        "--images",
        images.toString(),
        "--out",
        fromMerged.toString());
    embed(images, fromPeft, "--adapter", peft.toString());
    assertArrayEquals(numbers(adapted), numbers(fromMerged));
    assertArrayEquals(numbers(adapted), numbers(fromPeft), 1e-4);
    Path texts = Files.writeString(temp.resolve("texts.txt"), "a red box\n");
    ok(
        "tokenize",
        "--model",
        merged.toString(),
        "--texts",
        texts.toString(),
        "--out",
        temp.resolve("ids.npy").toString());
  }

  @Test
  void anExistingRunIsKeptUnlessAskedOtherwise() throws Exception {
    Path run = temp.resolve("kept");
    assertEquals(0, finetune(run, "--epochs", "1").status());
    String before = Files.readString(run.resolve("metrics.csv"));
    Result refused = finetune(run, "--epochs", "1");
    assertEquals(2, refused.status());
    assertTrue(refused.err().contains("--resume"), refused.err());
    assertEquals(before, Files.readString(run.resolve("metrics.csv")));
    assertEquals(0, finetune(run, "--epochs", "2", "--resume").status());
    assertEquals(3, Files.readAllLines(run.resolve("metrics.csv")).size());
    Result other = finetune(run, "--epochs", "2", "--resume", "--seed", "9");
    assertEquals(2, other.status());
    assertTrue(other.err().contains("seed"), other.err());
    Result both = finetune(run, "--resume", "--overwrite");
    assertEquals(2, both.status());
    assertEquals(0, finetune(run, "--epochs", "1", "--overwrite").status());
    assertEquals(2, Files.readAllLines(run.resolve("metrics.csv")).size());
  }

  @Test
  void aDryRunTellsTheSizesAndWritesNothing() {
    Path run = temp.resolve("dry");
    Result result = finetune(run, "--dry-run");
    assertEquals(0, result.status(), result.err());
    assertTrue(result.out().contains("parameters train"), result.out());
    assertTrue(result.out().contains("memory: "), result.out());
    assertAddsUp(result.out());
    assertFalse(Files.exists(run));

    Path other = temp.resolve("dry-pretraining");
    Result pretrain =
        ok(
            "pretrain",
            "--data",
            things.toString(),
            "--batch",
            "8",
            "--out",
            other.toString(),
            "--dry-run");
    assertAddsUp(pretrain.out());
    assertFalse(Files.exists(other));
  }

  /** Parts of a memory plan, in bytes, and their sum in the last line. */
  private static void assertAddsUp(String plan) {
    List<Long> bytes =
        plan.substring(plan.indexOf("memory in bytes:"))
            .lines()
            .skip(1)
            .map(line -> Long.parseLong(line.strip().split(" +")[1].replace(",", "")))
            .toList();
    long parts = bytes.subList(0, bytes.size() - 1).stream().mapToLong(Long::longValue).sum();
    assertTrue(bytes.size() >= 5 && parts > 0, plan);
    assertEquals(parts, bytes.getLast(), plan);
  }

  @Test
  void badRequestsAreOneLineAndWriteNothing() {
    Path run = temp.resolve("never");
    String[][] wrong = {
      {"--adapter", "dorra"},
      {"--preset", "papper"},
      {"--cache", "lots"},
      {"--vision-blocks", "99"},
      {"--rank", "0"},
      {"--batch", "x"},
      {"--device", "gpu"},
    };
    for (String[] options : wrong) {
      Result result = finetune(run, options);
      assertEquals(2, result.status(), String.join(" ", options) + result.err());
      assertEquals(
          1,
          result.err().lines().filter(line -> line.startsWith("attune: ")).count(),
          result.err());
      assertFalse(result.err().contains("internal error"), result.err());
      assertFalse(Files.exists(run), String.join(" ", options));
    }
  }

  private static Result finetune(Path run, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of("finetune", "behavior", "--model", model.toString(), "--batch", "8"));
    arguments.addAll(List.of("--things", things.toString(), "--out", run.toString()));
    if (!List.of(options).contains("--batch")) {
      return Terminal.run(join(arguments, options));
    }
    arguments.removeAll(List.of("--batch", "8"));
    return Terminal.run(join(arguments, options));
  }

  private static String[] join(List<String> arguments, String... more) {
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static void export(Path run, String format, Path out) {
    ok("export", "--run", run.toString(), "--format", format, "--out", out.toString());
  }

  private static double[] numbers(Path csv) throws Exception {
    String[] cells = Files.readAllLines(csv).get(1).split(",");
    return Arrays.stream(cells).skip(1).mapToDouble(Double::parseDouble).toArray();
  }

  private static void embed(Path images, Path out, String... options) {
    List<String> arguments =
        new ArrayList<>(List.of("embed", "--model", model.toString(), "--out", out.toString()));
    arguments.addAll(List.of("--images", images.toString()));
    ok(join(arguments, options));
  }

  private static Result ok(String... arguments) {
    Result result = Terminal.run(arguments);
    assertEquals(0, result.status(), result.err());
    return result;
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
