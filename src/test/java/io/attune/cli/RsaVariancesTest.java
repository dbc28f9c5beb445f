package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.rsa.Comparison;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --variances} of {@code attune rsa}. */
class RsaVariancesTest extends RsaFiles {
  private final double[] variances = Arrays.stream(draw(N)).map(v -> v * v + 0.1).toArray();

  private String compare(String a, String b, String more) {
    return "rsa compare --a %s --b %s --method whitened-cosine %s".formatted(a, b, more).strip();
  }

  @Test
  void areMatchedByName() throws IOException {
    Rdm a = Rdm.ofCondensed(NAMES, draw(PAIRS));
    Rdm b = Rdm.ofCondensed(NAMES, draw(PAIRS));
    String first = csv("a.csv", a.select(NAMES.reversed()));
    String second = csv("b.csv", b);
    double expected = Comparison.WHITENED_COSINE.compare(a, b, NanPolicy.ERROR, variances).value();
    StringBuilder table = new StringBuilder("condition,variance\nnobody,2\n");
    for (int i : new int[] {3, 1, 7, 0, 2, 5, 4, 6}) {
      table.append(NAMES.get(i)).append(',').append(variances[i]).append('\n');
    }
    Path file = Files.writeString(temp.resolve("v.csv"), table);
    String vector = npy("v.npy", variances, N);
    names(vector, NAMES);
    for (String given : List.of(file.toString(), vector)) {
      double found =
          json(Terminal.run(compare(first, second, "--variances " + given).split(" ")))
              .get("value")
              .doubleValue();
      assertEquals(expected, found, 1e-13);
    }
    double without =
        json(Terminal.run(compare(first, second, "").split(" "))).get("value").asDouble();
    assertTrue(Math.abs(without - expected) > 1e-6);

    Path some = Files.write(temp.resolve("some.txt"), List.of("c1", "c6", "c3", "c2"));
    double chosen =
        json(Terminal.run(
                compare(first, second, "--variances " + file + " --conditions " + some).split(" ")))
            .get("value")
            .doubleValue();
    List<String> kept = List.of("c1", "c2", "c3", "c6");
    double[] own = kept.stream().mapToDouble(name -> variances[NAMES.indexOf(name)]).toArray();
    assertEquals(
        Comparison.WHITENED_COSINE
            .compare(a.select(kept), b.select(kept), NanPolicy.ERROR, own)
            .value(),
        chosen,
        1e-13);
  }

  @Test
  void withoutNamesAreMatchedByRow() throws IOException {
    double[] x = draw(PAIRS);
    double[] y = draw(PAIRS);
    String command =
        compare(
            npy("x.npy", x, PAIRS),
            npy("y.npy", y, PAIRS),
            "--variances " + npy("v.npy", variances, N));
    double expected =
        Comparison.WHITENED_COSINE
            .compare(
                Rdm.ofCondensed(NAMES, x), Rdm.ofCondensed(NAMES, y), NanPolicy.ERROR, variances)
            .value();
    assertEquals(
        expected, json(Terminal.run(command.split(" "))).get("value").doubleValue(), 1e-13);
  }

  @Test
  void badOnesAreOneLine() throws IOException {
    String a = csv("a.csv", Rdm.ofCondensed(NAMES, draw(PAIRS)));
    assertBad(
        "no variance of 8 of 8 conditions, among them c0; names go into v.npy.names.txt",
        Terminal.run(compare(a, a, "--variances " + npy("v.npy", variances, N)).split(" ")));
    assertBad(
        "shape [2, 4], expected a vector",
        Terminal.run(compare(a, a, "--variances " + npy("m.npy", variances, 2, 4)).split(" ")));
    assertBad(
        "none.npy: no such file", Terminal.run(compare(a, a, "--variances none.npy").split(" ")));
    double[] zero = variances.clone();
    zero[2] = 0;
    assertBad(
        "row 3 has variance 0.0, expected a number above 0",
        Terminal.run(compare(a, a, "--variances " + npy("z.npy", zero, N)).split(" ")));
    assertBad(
        "--variances: only whitened-cosine and whitened-pearson take them, not spearman",
        Terminal.run(
            "rsa", "compare", "--a", a, "--b", a, "--variances", npy("w.npy", variances, N)));
  }
}
