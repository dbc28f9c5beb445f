package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.cli.Terminal.Result;
import io.attune.format.Hdf5;
import io.attune.format.MatFileWriter;
import io.attune.format.Npy;
import io.attune.rsa.Bootstrap;
import io.attune.rsa.Comparison;
import io.attune.rsa.NoiseCeiling;
import io.attune.rsa.Pooling;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.SignFlip;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code attune rsa} from files of RDMs to numbers. */
class RsaCommandsTest extends RsaFiles {
  private static final int TIMES = 5;
  private static final int PEOPLE = 4;
  private static final Path RSATOOLBOX = Path.of("src/test/resources/io/attune/rsa/rdms.h5");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rdm",
        "compare",
        "ceiling",
        "timecourse",
        "generalization",
        "triplets",
        "variance"
      })
  void everyCommandExplainsItself(String command) {
    Result result = Terminal.run("rsa", command, "--help");
    assertEquals(0, result.status());
    assertTrue(result.out().contains("Example"), result.out());
    assertFalse(result.out().contains("%"), "left unformatted: " + result.out());
    assertTrue(result.out().lines().allMatch(line -> line.length() <= 100), result.out());
  }

  @Test
  void comparesByNameAcrossFormats() throws IOException {
    Rdm a = Rdm.ofCondensed(NAMES, draw(PAIRS));
    Rdm b = Rdm.ofCondensed(NAMES, draw(PAIRS));
    List<String> shuffled = List.of("c3", "c1", "c0", "c7", "c6", "c2", "c5", "c4");
    String first = npy("a.npy", a.condensed(), PAIRS);
    names(first, NAMES);
    String second = csv("b.csv", b.select(shuffled));
    for (Comparison comparison : Comparison.values()) {
      JsonNode told =
          json(
              Terminal.run(
                  "rsa", "compare", "--a", first, "--b", second, "--method", comparison.label()));
      assertEquals(comparison.label(), told.get("method").textValue());
      assertEquals(comparison.compare(a, b).value(), told.get("value").doubleValue(), 1e-14);
      assertEquals(PAIRS, told.get("pairs").intValue());
    }
    Path some = Files.write(temp.resolve("some.txt"), List.of("c6", "c0", "c2", "c5"));
    JsonNode chosen =
        json(
            Terminal.run(
                "rsa", "compare", "--a", first, "--b", second, "--conditions", some.toString()));
    List<String> four = Files.readAllLines(some);
    assertEquals(
        Comparison.SPEARMAN.compare(a.select(four), b.select(four)).value(),
        chosen.get("value").doubleValue(),
        1e-14);
    Path kept = temp.resolve("r.json");
    Result inferred =
        Terminal.run(
            "rsa",
            "compare",
            "--a",
            first,
            "--b",
            second,
            "--json",
            kept.toString(),
            "--bootstrap",
            "50",
            "--permutations",
            "20");
    JsonNode told = json(inferred);
    assertEquals(inferred.out(), Files.readString(kept));
    assertTrue(told.get("low").doubleValue() < told.get("high").doubleValue());
    assertTrue(told.get("permutation_p_value").doubleValue() >= 1 / 21.0);
  }

  @Test
  void comparesFilesWithoutNamesByRow() throws IOException {
    Rdm a = Rdm.ofCondensed(NAMES, draw(PAIRS));
    String square =
        npy("s.npy", Arrays.stream(a.square()).flatMapToDouble(Arrays::stream).toArray(), N, N);
    Path mat = temp.resolve("m.mat");
    MatFileWriter.writeMatrix(mat, "RDM", a.square());
    Result result = Terminal.run("rsa", "compare", "--a", square, "--b", mat.toString());
    assertEquals(1, json(result).get("value").doubleValue());
    assertTrue(result.err().contains("matched by row"), result.err());
  }

  @Test
  void ceilingOfRsatoolboxFile() throws IOException {
    double[][][] values;
    try (Hdf5 file = Hdf5.open(RSATOOLBOX)) {
      double[] all = file.readDoubles("dissimilarities");
      values = split(all, PEOPLE, 1);
    }
    Rdms data = Rdms.of(NAMES, List.of("1", "2", "3", "4"), new double[0], values);
    NoiseCeiling expected = NoiseCeiling.of(data, Comparison.RHO_A, Pooling.MATCHED);
    Path out = temp.resolve("ceiling.csv");
    JsonNode told =
        json(
            Terminal.run(
                "rsa",
                "ceiling",
                "--rdms",
                RSATOOLBOX.toString(),
                "--method",
                "rho-a",
                "--pool",
                "matched",
                "--bootstrap",
                "20",
                "--seed",
                "9",
                "--out",
                out.toString()));
    assertEquals(expected.lower()[0], told.get("lower").doubleValue(), 1e-15);
    assertEquals(expected.upper()[0], told.get("upper").doubleValue(), 1e-15);
    double low =
        new Bootstrap(Bootstrap.Over.PARTICIPANTS, 20, 9)
            .ceiling(data, Comparison.RHO_A, Pooling.MATCHED)[0]
            .quantiles(0.025)[0];
    assertEquals(low, told.get("lower_low").doubleValue(), 1e-15);
    List<String> lines = Files.readAllLines(out);
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().startsWith("lower,upper,lower_standard_error,"), lines.getFirst());
    String model = csv("model.csv", data.rdm(2, 0).select(NAMES.reversed()));
    Result one = Terminal.run("rsa", "compare", "--a", model, "--b", RSATOOLBOX.toString());
    assertBad("holds 4 RDMs", one);
  }

  private static double[][][] split(double[] all, int people, int times) {
    double[][][] values = new double[people][times][];
    for (int p = 0; p < people; p++) {
      for (int t = 0; t < times; t++) {
        int from = (p * times + t) * PAIRS;
        values[p][t] = Arrays.copyOfRange(all, from, from + PAIRS);
      }
    }
    return values;
  }

  @Test
  void coursesAndGeneralizationOverTime() throws IOException {
    double[] all = draw(PEOPLE * TIMES * PAIRS);
    String people = npy("people.npy", all, PEOPLE, TIMES, PAIRS);
    String model = npy("model.npy", draw(PAIRS), PAIRS);
    String changing = npy("changing.npy", draw(TIMES * PAIRS), TIMES, PAIRS);
    Path list = Files.write(temp.resolve("names.txt"), NAMES);
    Path out = temp.resolve("course.csv");
    JsonNode told =
        json(
            Terminal.run(
                "rsa",
                "timecourse",
                "--model",
                model,
                changing,
                "--rdms",
                people,
                "--names",
                list.toString(),
                "--first-ms",
                "-10",
                "--step-ms",
                "10",
                "--each",
                "--permutations",
                "10",
                "--bootstrap",
                "10",
                "--over",
                "both",
                "--sign-flips",
                "100",
                "--out",
                out.toString()));
    List<String> lines = Files.readAllLines(out);
    assertEquals(1 + TIMES, lines.size());
    List<String> header = List.of(lines.getFirst().split(","));
    assertEquals(List.of("time_ms", "model", "model:people 1"), header.subList(0, 3));
    assertTrue(header.containsAll(List.of("changing", "changing_low", "changing_p", "model_q")));
    double[][] flips = new double[PEOPLE][TIMES];
    int first = header.indexOf("changing:people 1");
    int flip = header.indexOf("changing_flip_p");
    for (int t = 0; t < TIMES; t++) {
      String[] cells = lines.get(t + 1).split(",");
      for (int p = 0; p < PEOPLE; p++) {
        flips[p][t] = Double.parseDouble(cells[first + p]);
      }
    }
    double[] flipped = new SignFlip(100, 1).test(flips);
    for (int t = 0; t < TIMES; t++) {
      assertEquals(flipped[t], Double.parseDouble(lines.get(t + 1).split(",")[flip]), 1e-15);
    }
    double[][] table =
        lines.stream()
            .skip(1)
            .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray())
            .toArray(double[][]::new);
    double area = 0;
    for (int t = 2; t < TIMES; t++) {
      area += 10 * (table[t][1] + table[t - 1][1]) / 2;
    }
    assertEquals(30, table[4][0]);
    assertEquals(area, told.get("models").get(0).get("area").doubleValue(), 1e-12);
    assertEquals("changing", told.get("models").get(1).get("model").textValue());
    Path square = temp.resolve("tt.npy");
    Path curve = temp.resolve("curve.csv");
    Result made =
        Terminal.run(
            "rsa",
            "generalization",
            "--rdms",
            people,
            "--step-ms",
            "10",
            "--method",
            "pearson",
            "--out",
            square.toString(),
            "--curve",
            curve.toString());
    assertEquals(0, made.status(), made.err());
    try (Npy npy = Npy.open(square)) {
      assertEquals(Shape.of(TIMES, TIMES), npy.shape());
      double[] values = npy.readDoubles();
      double expected = 0;
      double[][][] rdms = split(all, PEOPLE, TIMES);
      for (double[][] person : rdms) {
        expected += Comparison.PEARSON.correlate(person[1], person[3]).value() / PEOPLE;
      }
      assertEquals(expected, values[TIMES + 3], 1e-14);
      assertEquals(1, values[0], 1e-15);
    }
    assertEquals(1 + TIMES, Files.readAllLines(curve).size());
  }

  @Test
  void badInputIsOneLine() throws IOException {
    Rdm a = Rdm.ofCondensed(NAMES, draw(PAIRS));
    String good = csv("good.csv", a);
    List<String> others = new ArrayList<>(NAMES);
    others.set(5, "zebra");
    String other = csv("other.csv", Rdm.ofCondensed(others, a.condensed()));
    assertBad("zebra", Terminal.run("rsa", "compare", "--a", good, "--b", other));
    assertBad("c5", Terminal.run("rsa", "compare", "--a", good, "--b", other));
    assertBad(
        "no method bures",
        Terminal.run("rsa", "compare", "--a", good, "--b", good, "--method", "bures"));
    assertBad("no such file", Terminal.run("rsa", "compare", "--a", good, "--b", "none.npy"));
    double[] gap = a.condensed();
    gap[9] = Double.NaN;
    String gaps = csv("gaps.csv", Rdm.ofCondensed(NAMES, gap));
    assertBad("NaN at (c1, c4)", Terminal.run("rsa", "compare", "--a", good, "--b", gaps));
    JsonNode dropped =
        json(Terminal.run("rsa", "compare", "--a", good, "--b", gaps, "--nan", "drop"));
    assertEquals(PAIRS - 1, dropped.get("pairs").intValue());
    String odd = npy("odd.npy", draw(29), 29);
    assertBad("shape [29]", Terminal.run("rsa", "compare", "--a", good, "--b", odd));
    String people = npy("p.npy", draw(2 * 3 * PAIRS), 2, 3, PAIRS);
    assertBad("--step-ms", Terminal.run("rsa", "ceiling", "--rdms", people));
    assertBad("at least 2 participants", Terminal.run("rsa", "ceiling", "--rdms", good));
    assertBad(
        "RDMs without times",
        Terminal.run(
            "rsa",
            "timecourse",
            "--model",
            good,
            "--rdms",
            good,
            "--out",
            temp.resolve("o.csv").toString()));
    String asymmetric =
        Files.writeString(temp.resolve("as.csv"), ",a,b,c\na,0,1,2\nb,1,0,3\nc,2,4,0\n").toString();
    assertBad("not symmetric", Terminal.run("rsa", "compare", "--a", asymmetric, "--b", good));
  }
}
