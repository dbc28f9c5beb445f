package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Terminal.Result;
import io.attune.format.Npy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MEG runs that start from other runs, and targets that no run can start with. */
class MegStartTest {
  private static final int PROMPTS = 66;

  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    MegFiles.draw(temp, 40, "both");
    MegFiles.condenseGroup(temp, 40);
    MegFiles.condensePeople(temp, "1");
  }

  private static String tune(String stage, String target, Path out, String more) {
    return "finetune %s --model %s --things %s --target %s --device cpu --batch 8 --preset corrected --out %s %s"
        .formatted(stage, model, things, temp.resolve(target), out, more);
  }

  /** A run's outputs [T, N, K] of a few images. */
  private static float[] outputs(Path run) throws Exception {
    Path images =
        things.resolve("images/" + Files.readAllLines(things.resolve("unique_id.txt")).get(3));
    Path out =
        temp.resolve("outputs-" + temp.relativize(run).toString().replace("/", "-") + ".npy");
    ok("embed --model %s --adapter %s --images %s --out %s".formatted(model, run, images, out));
    try (Npy npy = Npy.open(out)) {
      return npy.readFloats();
    }
  }

  private static double difference(float[] expected, float[] found) {
    double squares = 0;
    double all = 0;
    for (int i = 0; i < expected.length; i++) {
      squares += Math.pow(expected[i] - found[i], 2);
      all += Math.pow(expected[i], 2);
    }
    return Math.sqrt(squares / all);
  }

  @Test
  void aMegRunsBestIsTheStartOfOthers() throws Exception {
    Path group = temp.resolve("group");
    String rates = "--layer-rate 0.02 --adapter-rate 0.003";
    ok(tune("meg", "group.npy", group, "--rank 4 --epochs 12 --patience 3 " + rates));
    assertTrue(bestLoss(group, "B") < bestLoss(group, "A"), "the best has trained adapters");
    float[] trained = outputs(group);
    String still = "--epochs 1 --stage a --layer-rate 0 --adapter-rate 0";
    Path plain = temp.resolve("plain");
    ok(tune("meg", "group.npy", plain, still));
    assertTrue(difference(trained, outputs(plain)) > 0.05, "the group's run moved");

    // Adapters of another rank, which start at zero, on the group's weights.
    Path again = temp.resolve("again");
    ok(tune("meg", "group.npy", again, still + " --rank 2 --start-from " + group));
    assertEquals(0, difference(trained, outputs(again)), 1e-5);
    startsAreNamedAtAResume(again, still + " --rank 2", group, plain);

    // A participant's times are the first 12 of the group's 15.
    Path people = temp.resolve("people");
    String person = "--participants 1 --start-from " + group;
    ok(tune("participant", "person-{p}.npy", people, still + " " + person));
    Path one = people.resolve("participant-01");
    float[] theirs = outputs(one);
    int each = trained.length / 15;
    assertEquals(12 * each, theirs.length);
    assertEquals(0, each % PROMPTS);
    int open = 5 * each;
    // The courses differ; what they scale does not. At 400 ms all courses are open.
    assertEquals(
        0, angle(trained, theirs, open, each), 1e-5, "outputs up to a scale and the small floor");

    // A run that started from a run is a start too.
    Path third = temp.resolve("third");
    ok(
        tune(
            "participant",
            "person-{p}.npy",
            third,
            still + " --participants 1 --start-from " + one));
    assertEquals(0, difference(theirs, outputs(third.resolve("participant-01"))), 1e-5);
    sizesAreChecked(group, one);
  }

  private static double bestLoss(Path run, String stage) throws Exception {
    return Files.readAllLines(run.resolve("metrics.csv")).stream()
        .map(line -> line.split(","))
        .filter(cells -> cells[1].equals(stage))
        .mapToDouble(cells -> Double.parseDouble(cells[2]))
        .min()
        .orElseThrow();
  }

  /** A run goes on from the weights it was begun with, wherever they lie. */
  private static void startsAreNamedAtAResume(Path run, String more, Path start, Path other)
      throws Exception {
    Path moved = temp.resolve("moved");
    Files.move(start, moved);
    ok(tune("meg", "group.npy", run, more + " --resume --start-from " + moved));
    Files.move(moved, start);
    String another =
        refused(tune("meg", "group.npy", run, more + " --resume --start-from " + other));
    assertTrue(
        another.contains(
            "begun with --start-from %s, now asked for with --start-from %s,"
                .formatted(start, other)),
        another);
    String without = refused(tune("meg", "group.npy", run, more + " --resume"));
    assertTrue(
        without.contains(
            "begun with --start-from %s, now asked for without --start-from,".formatted(start)),
        without);
    assertFalse(without.contains("base_weights"), without);
  }

  /** One less the cosine of a part of both. */
  private static double angle(float[] a, float[] b, int from, int count) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = from; i < from + count; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return 1 - ab / Math.sqrt(aa * bb);
  }

  private static void sizesAreChecked(Path group, Path person) {
    Path out = temp.resolve("refused");
    String longer = refused(tune("meg", "group.npy", out, "--start-from " + person));
    assertTrue(longer.contains("1100.0 ms is none of those"), longer);
    String dry = refused(tune("meg", "group.npy", out, "--dry-run --start-from " + person));
    assertEquals(longer, dry);
    String self = refused(tune("meg", "group.npy", group, "--overwrite --start-from " + group));
    assertTrue(self.contains("cannot start from itself"), self);
    Path other = temp.resolve("other");
    ok("init --arch tiny --seed 9 --out " + other);
    String changed =
        refused(
            tune("meg", "group.npy", out, "--start-from " + group)
                .replace("--model " + model, "--model " + other));
    assertTrue(changed.contains("it was trained on other weights"), changed);
    String none = refused(tune("meg", "group.npy", out, "--start-from " + things));
    String any =
        "config.json: not found - name the folder of a run of finetune behavior, meg or"
            + " participant";
    assertTrue(none.contains(any), none);
    String noRun = refused(tune("meg", "group.npy", out, "--dry-run --start-from " + things));
    assertEquals(none, noRun);
    String noAdapter =
        refused(
            "embed --model %s --adapter %s --images %s --device cpu --out %s"
                .formatted(model, things, things, temp.resolve("none.npy")));
    assertTrue(noAdapter.contains(any + ", or of a PEFT adapter"), noAdapter);
    String wrongStage =
        refused(
            "evaluate behavior --model %s --adapter %s --things %s --device cpu"
                .formatted(model, group, things));
    assertTrue(
        wrongStage.contains(
            "of a run of finetune meg - name the folder of a run of finetune behavior, or of a"
                + " PEFT"),
        wrongStage);
    assertFalse(Files.exists(out));
  }

  @Test
  void aTimeWithoutDifferencesIsNamed() throws Exception {
    Path out = temp.resolve("constant-run");
    String header = Files.readString(temp.resolve("group.npy.json"));
    for (String name : List.of("constant.npy", "nan.npy")) {
      Files.copy(temp.resolve("group.npy"), temp.resolve(name));
      Files.writeString(temp.resolve(name + ".json"), header);
    }
    // 780 pairs at each of 15 times end the file; 400 ms is the sixth.
    patch(temp.resolve("constant.npy"), 5 * 780, 780, 0.25f);
    patch(temp.resolve("nan.npy"), 14 * 780, 780, Float.NaN);
    String constant = refused(tune("meg", "constant.npy", out, ""));
    assertTrue(constant.contains("constant.npy: at 400 ms all dissimilarities"), constant);
    assertTrue(constant.contains("are 0.25"), constant);
    String nan = refused(tune("meg", "nan.npy", out, "--dry-run"));
    assertTrue(
        nan.matches(".*nan.npy: the dissimilarity of \\w+ and \\w+ at 1300 ms is NaN.*"), nan);
    assertFalse(Files.exists(out));
  }

  private static void patch(Path file, int from, int count, float value) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int begin = bytes.capacity() - 4 * 15 * 780;
    for (int i = from; i < from + count; i++) {
      bytes.putFloat(begin + 4 * i, value);
    }
    Files.write(file, bytes.array());
  }

  private static String refused(String command) {
    Result result = Terminal.run(command.split(" "));
    assertEquals(2, result.status(), result.err());
    String[] lines =
        Arrays.stream(result.err().split("\n"))
            .filter(line -> line.startsWith("attune:"))
            .toArray(String[]::new);
    assertEquals(1, lines.length, result.err());
    return lines[0];
  }
}
