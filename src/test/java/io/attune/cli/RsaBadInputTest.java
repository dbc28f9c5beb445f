package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.cli.Terminal.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Input that {@code attune rsa} cannot use is told of in one line, and harms no file. */
class RsaBadInputTest extends RsaFiles {
  private static Result rsa(String command, Object... parts) {
    return Terminal.run(("rsa " + command.formatted(parts)).split(" "));
  }

  @Test
  void filesAreToldForWhatTheyAre() throws IOException {
    String good = npy("good.npy", draw(PAIRS), PAIRS);
    assertBad(
        "shape [0, 28], expected RDMs",
        rsa("compare --a %s --b %s", npy("none.npy", new double[0], 0, PAIRS), good));
    double[] infinite = draw(PAIRS);
    infinite[3] = Double.POSITIVE_INFINITY;
    assertBad(
        "inf.npy: holds an infinite dissimilarity",
        rsa("compare --a %s --b %s", npy("inf.npy", infinite, PAIRS), good));
    Path junk = Files.write(temp.resolve("junk.h5"), new byte[300]);
    assertBad("junk.h5: not an HDF5 file", rsa("compare --a %s --b %s", junk, good));
    Path mat = Files.write(temp.resolve("junk.mat"), "no MATLAB ".repeat(30).getBytes());
    Result told = rsa("compare --a %s --b %s", mat, good);
    assertBad("junk.mat: not a readable MATLAB file: ", told);
    assertFalse(told.err().contains("java."), told.err());
  }

  @Test
  void twoConditionsHaveNothingToCompare() throws IOException {
    String a = npy("a.npy", draw(PAIRS), PAIRS);
    names(a, NAMES);
    Path two = Files.writeString(temp.resolve("two.txt"), "c1\nc4\n");
    assertBad(
        "two.txt: 2 conditions, expected at least 3",
        rsa("compare --a %s --b %s --conditions %s", a, a, two));
  }

  @Test
  void noInputOrOtherOutputIsOverwritten() throws IOException {
    String a = npy("a.npy", draw(PAIRS), PAIRS);
    String t = npy("t.npy", draw(3 * PAIRS), 3, PAIRS);
    String features = npy("f.npy", draw(N * 4), N, 4);
    Path triplets = Files.writeString(temp.resolve("tri.txt"), "0 1 2\n");
    List<Path> inputs = List.of(Path.of(a), Path.of(t), Path.of(features), triplets);
    byte[][] before = new byte[inputs.size()][];
    for (int i = 0; i < before.length; i++) {
      before[i] = Files.readAllBytes(inputs.get(i));
    }
    String read = "is read, so it cannot be written too";
    assertBad(read, rsa("compare --a %s --b %s --json %s", a, a, a));
    assertBad(read, rsa("ceiling --rdms %s --json %s", t, t));
    assertBad(read, rsa("variance --rdm %s --model %s --json %s", a, a, a));
    assertBad(
        read, rsa("triplets --features %s --triplets %s --json %s", features, triplets, triplets));
    String course = "timecourse --model %s --rdms %s --step-ms 50 --out %s --json %s";
    Path out = temp.resolve("o.csv");
    assertBad(read, rsa(course, a, t, out, t));
    String twice = "two outputs would be written there";
    assertBad(twice, rsa(course, a, t, out, temp.resolve("./o.csv")));
    assertBad(
        twice,
        rsa(
            "generalization --rdms %s --step-ms 50 --out %s --curve %s",
            t, temp.resolve("g.npy"), temp.resolve("g.npy")));
    assertBad(twice, rsa("ceiling --rdms %s --out %s --json %s", t, out, out));
    for (int i = 0; i < before.length; i++) {
      assertArrayEquals(before[i], Files.readAllBytes(inputs.get(i)));
    }
    assertFalse(Files.exists(out));
  }

  @Test
  void timesThatDoNotFitAreToldAtOnce() throws IOException {
    String a = npy("a.npy", draw(PAIRS), PAIRS);
    String t = npy("t.npy", draw(2 * 3 * PAIRS), 2, 3, PAIRS);
    Path out = temp.resolve("o.csv");
    assertBad(
        "--step-ms: expected a number above 0, found 0.0", rsa("ceiling --rdms %s --step-ms 0", t));
    assertBad(
        "--from 0.0: no sample there, there are 3 from -100.0 to -80.0 ms",
        rsa("timecourse --model %s --rdms %s --step-ms 10 --out %s", a, t, out));
    JsonNode early = json(rsa("ceiling --rdms %s --step-ms 10", t));
    assertTrue(early.get("lower_area").isNull(), early.toString());
    JsonNode later = json(rsa("ceiling --rdms %s --step-ms 10 --first-ms 0", t));
    assertTrue(later.get("lower_area").isNumber(), later.toString());
    double[] equal = new double[PAIRS];
    Arrays.fill(equal, 1);
    JsonNode constant =
        json(
            rsa(
                "timecourse --model %s --rdms %s --step-ms 100 --out %s",
                npy("equal.npy", equal, PAIRS), t, out));
    for (String value : List.of("area", "peak", "peak_ms")) {
      assertTrue(constant.at("/models/0/" + value).isNull(), constant.toString());
    }
  }

  @Test
  void tripletsAndFeaturesAreChecked() throws IOException {
    String features = npy("f.npy", draw(N * 4), N, 4);
    Path same = Files.writeString(temp.resolve("same.txt"), "0 1 2\n\n1 1 2\n");
    assertBad(
        "same.txt, line 3: expected three different things, found '1 1 2'",
        rsa("triplets --features %s --triplets %s", features, same));
    Path empty = Files.writeString(temp.resolve("empty.txt"), "");
    assertBad(
        "empty.txt: holds no triplets",
        rsa("triplets --features %s --triplets %s", features, empty));
    double[] gap = draw(N * 4);
    gap[9] = Double.NaN;
    Path one = Files.writeString(temp.resolve("one.txt"), "0 1 2\n");
    assertBad(
        "features of row 3: value 1 is NaN",
        rsa("triplets --features %s --triplets %s", npy("gap.npy", gap, N, 4), one));
  }

  /** Names of an earlier RDM would be taken for those of the new one. */
  @Test
  void oldNamesAreNotLeftBeside() throws IOException {
    String named = npy("named.npy", draw(N * 4), N, 4);
    names(named, NAMES);
    Path out = temp.resolve("rdm.npy");
    assertEquals(0, rsa("rdm --features %s --out %s", named, out).status());
    Path beside = temp.resolve("rdm.npy.names.txt");
    assertEquals(NAMES, Files.readAllLines(beside));
    String plain = npy("plain.npy", draw(N * 4), N, 4);
    assertEquals(0, rsa("rdm --features %s --out %s", plain, out).status());
    assertFalse(Files.exists(beside));
  }
}
