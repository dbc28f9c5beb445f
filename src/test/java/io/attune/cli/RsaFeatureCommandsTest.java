package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.cli.Terminal.Result;
import io.attune.format.MatFileWriter;
import io.attune.format.Npy;
import io.attune.format.NpyWriter;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@code attune rsa} from features to numbers. */
class RsaFeatureCommandsTest extends RsaFiles {
  @Test
  void tripletsByNumberNameAndCollectedOrder() throws IOException {
    Path features = Files.writeString(temp.resolve("f.txt"), "1 0\t\n2 0\t\n0 1\t\n0 3\t\n");
    Path numbers = Files.writeString(temp.resolve("t.txt"), "0 1 2\n2 3 0\n0 2 1\n");
    JsonNode told = json(triplets(features, numbers));
    assertEquals(2 / 3.0, told.get("accuracy").doubleValue(), 1e-15);
    assertEquals(3, told.get("triplets").intValue());
    assertEquals(0.6767, told.get("ceiling").doubleValue());
    Path table = Files.writeString(temp.resolve("f.csv"), "name,x,y\na,1,0\nb,2,0\nc,0,1\nd,0,3\n");
    Path named = Files.writeString(temp.resolve("n.txt"), "a,b,c\nc,d,a\na,c,b\n");
    assertEquals(told, json(triplets(table, named)));
    MatFileWriter.writeMatrix(
        temp.resolve("sortind.mat"), "sortind", new double[][] {{4}, {3}, {2}, {1}});
    Path collected = Files.writeString(temp.resolve("c.txt"), "3 2 1\n1 0 3\n3 1 2\n");
    assertEquals(
        told,
        json(triplets(features, collected, "--sortind", temp.resolve("sortind.mat").toString())));
    assertBad("line 2: no row x", triplets(table, Files.writeString(numbers, "a b c\na x c\n")));
    assertBad("line 1: expected three", triplets(table, Files.writeString(numbers, "a b\n")));
  }

  @Test
  void constantRowsAreTold() throws IOException {
    Path features = temp.resolve("constant.npy");
    NpyWriter.write(features, Shape.of(4, 3), new double[] {1, 2, 4, 1, 1, 1, 5, 5, 1, 0, 2, 0});
    String out = temp.resolve("c.npy").toString();
    Result made = Terminal.run("rsa", "rdm", "--features", features.toString(), "--out", out);
    assertEquals(0, made.status(), made.err());
    assertTrue(made.err().contains("constant.npy: 3 of 6 pairs are NaN"), made.err());
    assertBad(
        "name the files apart",
        Terminal.run("rsa", "ceiling", "--nan", "drop", "--rdms", out, "--rdms", out));
  }

  @Test
  void whatIsReadIsNotWritten() throws IOException {
    Path features = temp.resolve("own.npy");
    NpyWriter.write(features, Shape.of(4, 3), new double[] {1, 2, 4, 3, 1, 0, 5, 5, 1, 0, 2, 0});
    byte[] before = Files.readAllBytes(features);
    Path linked = Files.createSymbolicLink(temp.resolve("link.npy"), features);
    for (Path out : List.of(features, linked)) {
      assertBad(
          "is read, so it cannot be written",
          Terminal.run("rsa", "rdm", "--features", features.toString(), "--out", out.toString()));
    }
    String rdms = features.toString();
    for (String command : List.of("timecourse --model " + rdms, "generalization", "ceiling")) {
      List<String> all = new ArrayList<>(List.of("rsa"));
      all.addAll(List.of(command.split(" ")));
      all.addAll(List.of("--rdms", rdms, "--out", rdms));
      assertBad("is read, so it cannot be written", Terminal.run(all.toArray(String[]::new)));
    }
    assertArrayEquals(before, Files.readAllBytes(features));
    assertBad("not UTF-8 text", triplets(features, features));
  }

  private static Result triplets(Path features, Path triplets, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "rsa",
                "triplets",
                "--features",
                features.toString(),
                "--triplets",
                triplets.toString()));
    all.addAll(List.of(more));
    return Terminal.run(all.toArray(String[]::new));
  }

  @Test
  void rdmOfFeaturesAndItsVariance() throws IOException {
    double[] rows = draw(N * 4);
    String features = npy("e.npy", rows, N, 4);
    names(features, NAMES);
    Path out = temp.resolve("rdm.npy");
    Result made =
        Terminal.run("rsa", "rdm", "--features", features, "--out", out.toString(), "--condensed");
    assertEquals(0, made.status(), made.err());
    double[][] matrix =
        IntStream.range(0, N)
            .mapToObj(i -> Arrays.copyOfRange(rows, 4 * i, 4 * i + 4))
            .toArray(double[][]::new);
    Rdm expected = Rdm.ofFeatures(NAMES, matrix, Dissimilarity.CORRELATION);
    try (Npy npy = Npy.open(out)) {
      assertArrayEquals(expected.condensed(), npy.readDoubles(), 0);
    }
    String other = csv("other.csv", Rdm.ofCondensed(NAMES, draw(PAIRS)));
    double[] mixed = new double[PAIRS];
    double[] noise = draw(PAIRS);
    Arrays.setAll(mixed, p -> expected.condensed()[p] + 0.2 * noise[p]);
    String data = csv("data.csv", Rdm.ofCondensed(NAMES, mixed));
    JsonNode told =
        json(
            Terminal.run(
                "rsa",
                "variance",
                "--model",
                out.toString(),
                other,
                "--rdm",
                data,
                "--method",
                "pearson"));
    JsonNode models = told.get("models");
    assertEquals("rdm", models.get(0).get("model").textValue());
    assertTrue(models.get(0).get("unique").doubleValue() > 0.5, told.toString());
    double alone = Comparison.PEARSON.correlate(expected.condensed(), mixed).value();
    double both = told.get("explained").doubleValue() - models.get(1).get("unique").doubleValue();
    assertEquals(alone * alone, both, 1e-12);
    String folds = npy("folds.npy", draw(3 * N * 4), 3, N, 4);
    assertBad(
        "only --distance crossnobis",
        Terminal.run("rsa", "rdm", "--features", folds, "--out", out.toString()));
    Result crossed =
        Terminal.run(
            "rsa", "rdm", "--features", folds, "--distance", "crossnobis", "--out", out.toString());
    assertEquals(0, crossed.status(), crossed.err());
  }
}
