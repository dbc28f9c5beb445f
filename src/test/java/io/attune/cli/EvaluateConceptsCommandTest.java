package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.cli.Terminal.Result;
import io.attune.data.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on some of the concepts, and the curve over them. */
class EvaluateConceptsCommandTest {
  @TempDir private Path temp;

  private static Result run(String command) {
    return Terminal.run(command.split(" "));
  }

  private static JsonNode told(Result result) throws Exception {
    assertEquals(0, result.status(), result.err());
    return new ObjectMapper().readTree(result.out().lines().toList().getLast());
  }

  @Test
  void runsOnMoreAndMoreConceptsMakeACurve() throws Exception {
    Path things = temp.resolve("things");
    Path model = temp.resolve("model");
    assertEquals(0, run("data synth --concepts 40 --size 32 --out " + things).status());
    assertEquals(0, run("init --arch tiny --out " + model).status());
    String tune =
        "finetune behavior --model %s --things %s --rank 2 --epochs 1 --batch 8 --learning-rate"
            + " 0.01 --device cpu --out %s --concepts %d";
    Path few = temp.resolve("few");
    Path more = temp.resolve("more");
    double after =
        told(run(tune.formatted(model, things, few, 10))).path("spearman_after").asDouble();
    told(run(tune.formatted(model, things, more, 20)));
    Split small = Split.read(few.resolve("split.json"));
    Split large = Split.read(more.resolve("split.json"));
    assertEquals(List.of(8, 2), List.of(small.train().size(), small.validation().size()));
    assertEquals(List.of(16, 4), List.of(large.train().size(), large.validation().size()));
    assertTrue(large.train().containsAll(small.train()), "fewer are among more");
    assertEquals(small.heldOut(), large.heldOut());
    Result resumed = run(tune.formatted(model, things, few, 11) + " --resume");
    assertEquals(2, resumed.status());
    assertTrue(resumed.err().contains("begun with 10 concepts, not 11"), resumed.err());
    Result tooMany = run(tune.formatted(model, things, temp.resolve("no"), 4000));
    assertEquals(2, tooMany.status());
    assertTrue(tooMany.err().contains("found 4000"), tooMany.err());
    assertFalse(Files.exists(temp.resolve("no")));

    Path page = temp.resolve("curve.html");
    String evaluate = "evaluate concepts --model %s --things %s --device cpu --runs %s %s";
    JsonNode curve = told(run(evaluate.formatted(model, things, more, few) + " --report " + page));
    assertEquals(20, curve.at("/runs/0/concepts").asInt());
    assertEquals(after, curve.at("/runs/1/spearman").asDouble(), 1e-4);
    assertTrue(curve.path("plain").isNumber());
    List<String> csv = Files.readAllLines(temp.resolve("curve-concepts.csv"));
    assertEquals("run,concepts,spearman", csv.get(0));
    assertTrue(csv.get(1).startsWith("CLIP,0,"), csv.get(1));
    assertTrue(csv.get(2).startsWith("few,10,"), csv.get(2));
    assertTrue(csv.get(3).startsWith("more,20,"), csv.get(3));
    String html = Files.readString(page);
    assertTrue(html.contains("Alignment against number of concepts"));
    assertTrue(html.contains("default-src 'none'"), "a policy forbids requests");
    Result missing = run(evaluate.formatted(model, things, few, temp.resolve("none")));
    assertEquals(2, missing.status());
    assertEquals(1, missing.err().lines().filter(line -> line.startsWith("attune:")).count());
  }
}
