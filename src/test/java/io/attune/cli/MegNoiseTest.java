package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.cli.Terminal.Result;
import io.attune.data.Split;
import io.attune.data.meg.MegTarget;
import io.attune.format.Npy;
import io.attune.format.Safetensors;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.rsa.TimeCourse;
import io.attune.train.MegImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Noise on request of runs whose evaluation has none. */
class MegNoiseTest {
  private static final int K = 66;
  private static final int TIMES = 15;
  private static final double FLOOR = 6e-6;

  @TempDir private static Path temp;
  private static Path things;
  private static Path model;
  private static Path run;

  @BeforeAll
  static void trainARun() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    run = temp.resolve("run");
    MegFiles.draw(temp, 30, "both");
    MegFiles.condenseGroup(temp, 30);
    ok(tune("corrected", run) + " --epochs 6 --patience 2 --layer-rate 0.1 --adapter-rate 0.003");
  }

  private static String tune(String preset, Path out) {
    return "finetune meg --model %s --things %s --target %s --device cpu --rank 2 --batch 7 --preset %s --out %s"
        .formatted(model, things, temp.resolve("group.npy"), preset, out);
  }

  /** [T, N, K] of the concepts' images, in their order. */
  private static float[] outputs(String name, List<String> concepts, String more) throws Exception {
    Path folder = Files.createDirectory(temp.resolve(name));
    List<Path> files = MegImages.of(things, concepts);
    for (Path file : files) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
    Path out = temp.resolve(name + ".npy");
    ok(
        "embed --model %s --adapter %s --images %s --device cpu --out %s %s"
            .formatted(model, run, folder, out, more)
            .strip());
    try (Npy npy = Npy.open(out)) {
      return npy.readFloats();
    }
  }

  /** Means of a course over the window of one row to each side that the method averages over. */
  private static double[] windowed(JsonNode course, int window) {
    double[] means = new double[course.size()];
    for (int t = 0; t < means.length; t++) {
      int from = Math.max(0, t - window);
      int to = Math.min(means.length - 1, t + window);
      for (int i = from; i <= to; i++) {
        means[t] += course.get(i).asDouble() / (to - from + 1);
      }
    }
    return means;
  }

  @Test
  void aTimeWithoutOutputsIsToldBeforeImagesAreSeen() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("one-image"));
    String concept = Split.read(run.resolve("split.json")).train().getFirst();
    Path image = MegImages.of(things, List.of(concept)).getFirst();
    Files.copy(image, folder.resolve(image.getFileName()));
    Result refused =
        Terminal.run(
            "embed --model %s --adapter %s --images %s --device cpu --times 450 --out %s"
                .formatted(model, run, folder, temp.resolve("none.npy"))
                .split(" "));
    assertEquals(2, refused.status(), refused.err());
    assertTrue(refused.err().contains("no sample at 450 ms; there are "), refused.err());
    assertFalse(refused.err().contains("caching features"), refused.err());
  }

  @Test
  void theStoredLevelIsTheTrainingImagesDeviation() throws Exception {
    List<String> train = Split.read(run.resolve("split.json")).train().stream().sorted().toList();
    float[] values = outputs("train", train, "");
    JsonNode config = new ObjectMapper().readTree(run.resolve("config.json").toFile());
    double[] beta = windowed(config.path("generalization"), config.path("window").asInt());
    try (Safetensors stored = Safetensors.open(run.resolve("deviation.safetensors"))) {
      float[] deviation = stored.read("deviation");
      assertEquals(TIMES * K, deviation.length);
      int n = train.size();
      int compared = 0;
      for (int t = 0; t < TIMES; t++) {
        for (int k = 0; k < K && beta[t] > 0; k++) {
          double mean = 0;
          for (int i = 0; i < n; i++) {
            mean += (values[(t * n + i) * K + k] - FLOOR) / beta[t] / n;
          }
          double squares = 0;
          for (int i = 0; i < n; i++) {
            squares += Math.pow((values[(t * n + i) * K + k] - FLOOR) / beta[t] - mean, 2);
          }
          double expected = Math.sqrt(squares / (n - 1));
          assertEquals(expected, deviation[t * K + k], 1e-4 * Math.abs(mean) + 1e-6);
          compared += expected > 0 ? 1 : 0;
        }
      }
      assertTrue(compared > TIMES * K / 4, compared + " deviations above 0");
    }
  }

  @Test
  void drawsDependOnSeedNameAndTimeAlone() throws Exception {
    List<String> concepts =
        Files.readAllLines(things.resolve("unique_id.txt")).stream().sorted().toList();
    List<String> four = concepts.subList(4, 8);
    float[] clean = outputs("clean", four, "");
    float[] together = outputs("together", four, "--noise 7");
    float[] alone = outputs("alone", four.subList(2, 3), "--noise 7");
    float[] other = outputs("other", four.subList(2, 3), "--noise 8");
    float[] some = outputs("some", four, "--noise 7 --times 400,900 --batch 3");
    int differ = 0;
    for (int t = 0; t < TIMES; t++) {
      for (int k = 0; k < K; k++) {
        int at = (t * 4 + 2) * K + k;
        assertEquals(together[at], alone[t * K + k], 1e-4 * Math.abs(together[at]) + 1e-6);
        differ += Math.abs(together[at] - clean[at]) > 1e-3 * Math.abs(clean[at]) ? 1 : 0;
      }
    }
    assertTrue(differ > TIMES * K / 8, differ + " outputs with noise");
    assertFalse(Arrays.equals(alone, other));
    for (int i = 0; i < 4 * K; i++) {
      assertEquals(together[5 * 4 * K + i], some[i], 1e-4 * Math.abs(some[i]) + 1e-6);
      assertEquals(
          together[10 * 4 * K + i], some[4 * K + i], 1e-4 * Math.abs(some[4 * K + i]) + 1e-6);
    }
    noiseHasTheStoredLevel(clean, together);
  }

  /** (noisy - clean) / (beta nu deviation) are standard normal draws where no ReLU is closed. */
  private static void noiseHasTheStoredLevel(float[] clean, float[] noisy) throws Exception {
    JsonNode config = new ObjectMapper().readTree(run.resolve("config.json").toFile());
    double[] beta = windowed(config.path("generalization"), config.path("window").asInt());
    double sum = 0;
    double squares = 0;
    int count = 0;
    try (Safetensors stored = Safetensors.open(run.resolve("deviation.safetensors"))) {
      float[] deviation = stored.read("deviation");
      for (int t = 0; t < TIMES; t++) {
        for (int i = 0; i < 4 * K; i++) {
          double level =
              beta[t] * config.path("noise_level").get(t).asDouble() * deviation[t * K + i % K];
          double before = clean[t * 4 * K + i];
          // Three deviations away from the ReLU, the draws are whole.
          if (level > 1e-3 * before && before > 4 * level) {
            double draw = (noisy[t * 4 * K + i] - before) / level;
            sum += draw;
            squares += draw * draw;
            count++;
          }
        }
      }
    }
    assertTrue(count > 100, count + " draws seen");
    assertEquals(0, sum / count, 5 / Math.sqrt(count));
    assertEquals(1, squares / count, 5 * Math.sqrt(2.0 / count));
  }

  /** The scores with noise are those of the outputs that embed writes with the same seed. */
  @Test
  void scoresAreOfTheOutputsThatEmbedWrites() throws Exception {
    List<String> held = Split.read(run.resolve("split.json")).heldOut().stream().sorted().toList();
    double clean = area("scored-clean", held, "");
    double noisy = area("scored", held, "--noise 7");
    String evaluate =
        "evaluate meg --run %s --target %s --things %s --model %s --concepts held-out --permutations 0 --device cpu"
            .formatted(run, temp.resolve("group.npy"), things, model);
    JsonNode without = told(ok(evaluate));
    JsonNode with = told(ok(evaluate + " --noise 7"));
    String at = "/alignment/0/models/MEG model/area";
    assertEquals(clean, without.at(at).asDouble(), 1e-3);
    assertEquals(noisy, with.at(at).asDouble(), 1e-3);
    assertTrue(Math.abs(noisy - clean) > 1, noisy + " against " + clean);
    assertEquals(7, with.path("noise").asLong());
    assertTrue(without.path("noise").isMissingNode());
    String clip = "/alignment/0/models/CLIP/area";
    assertEquals(without.at(clip), with.at(clip));
  }

  @Test
  void peoplesModelsAreScoredWithNoiseToo() throws Exception {
    MegFiles.condensePeople(temp, "1,2");
    Path people = temp.resolve("people");
    String target = temp.resolve("person-{p}.npy").toString();
    ok(
        "finetune participant --model %s --things %s --target %s --participants 1,2 --device cpu --rank 2 --batch 7 --preset corrected --epochs 1 --out %s"
            .formatted(model, things, target, people));
    String evaluate =
        "evaluate participants --runs %s --target %s --things %s --model %s --device cpu"
            .formatted(people, target, things, model);
    JsonNode without = told(ok(evaluate));
    JsonNode with = told(ok(evaluate + " --noise 7"));
    assertEquals(with, told(ok(evaluate + " --noise 7")));
    assertEquals(7, with.path("noise").asLong());
    for (int p = 0; p < 2; p++) {
      String at = "/participants/%d/".formatted(p);
      assertFalse(without.at(at + "area").equals(with.at(at + "area")));
      assertEquals(without.at(at + "lower_bound_area"), with.at(at + "lower_bound_area"));
    }
  }

  private static JsonNode told(Result result) throws Exception {
    return new ObjectMapper().readTree(result.out().lines().toList().getLast());
  }

  /** The area from 0 ms of the Spearman correlations with the group's target. */
  private static double area(String name, List<String> concepts, String more) throws Exception {
    float[] values = outputs(name, concepts, more);
    List<String> times = Files.readAllLines(temp.resolve(name + ".npy.times.csv"));
    int n = concepts.size();
    try (MegTarget target = MegTarget.open(temp.resolve("group.npy"))) {
      double[] ms = new double[TIMES];
      double[] rho = new double[TIMES];
      for (int t = 0; t < TIMES; t++) {
        double[][] rows = new double[n][K];
        for (int i = 0; i < n * K; i++) {
          rows[i / K][i % K] = values[t * n * K + i];
        }
        boolean open = times.get(t + 1).endsWith("true");
        Rdm rdm = open ? Rdm.ofFeatures(concepts, rows, Dissimilarity.CORRELATION) : null;
        ms[t] = target.axis().ms(t);
        rho[t] =
            open ? Comparison.SPEARMAN.compare(rdm, target.rdm(t, concepts)).value() : Double.NaN;
      }
      return new TimeCourse(ms, rho).area();
    }
  }

  @Test
  void noiseIsRefusedWhereThereIsNone() throws Exception {
    Path folder = Files.createDirectories(temp.resolve("refused"));
    for (Path file :
        MegImages.of(
            things, List.of(Files.readAllLines(things.resolve("unique_id.txt")).getFirst()))) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
    Path paper = temp.resolve("paper");
    ok(tune("paper", paper) + " --epochs 1 --stage a");
    assertFalse(Files.exists(paper.resolve("deviation.safetensors")));
    String out = " --images " + folder + " --out " + temp.resolve("refused.npy") + " --noise 1";
    refused("embed --model " + model + " --adapter " + paper + out, "preset paper draws noise");
    refused(
        "evaluate meg --noise 1 --run %s --target %s --things %s --model %s"
            .formatted(paper, temp.resolve("group.npy"), things, model),
        "preset paper draws noise");
    refused("embed --model " + model + out, "only a run of finetune meg has noise");
    Path unfinished = temp.resolve("unfinished");
    ok(tune("corrected", unfinished) + " --epochs 1 --stage a");
    Path level = unfinished.resolve("deviation.safetensors");
    byte[] whole = Files.readAllBytes(level);
    Files.delete(level);
    refused(
        "embed --model " + model + " --adapter " + unfinished + out, "has not trained to its end");
    ok(tune("corrected", unfinished) + " --epochs 1 --stage a --resume");
    assertArrayEquals(whole, Files.readAllBytes(level));
  }

  private static void refused(String command, String part) {
    Result result = Terminal.run(command.split(" "));
    assertEquals(2, result.status(), result.err());
    assertTrue(result.err().contains(part), result.err());
  }
}
