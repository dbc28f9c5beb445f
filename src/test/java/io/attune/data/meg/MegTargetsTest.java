package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.format.Hdf5Writer;
import io.attune.format.NpyWriter;
import io.attune.rsa.NanPolicy;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MegTargetsTest {
  private static final int PARTICIPANTS = 4;
  private static final int TIMES = 30;
  private static final int N = 9;
  private static final Shape SHAPE = Shape.of(PARTICIPANTS, TIMES, N, N);
  private static final List<String> NAMES =
      List.of("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis");

  @TempDir Path folder;

  @Test
  void generalizationIsTheRowMeanOfAllCorrelations() {
    double[] values = rdms(5);
    condense(write("a.npy", values), "t.npy");
    double[][] beta = new double[PARTICIPANTS][TIMES];
    double[][] alpha = new double[PARTICIPANTS][TIMES];
    for (int p = 0; p < PARTICIPANTS; p++) {
      for (int t = 0; t < TIMES; t++) {
        for (int s = 0; s < TIMES; s++) {
          beta[p][t] += pearson(upper(values, p, t), upper(values, p, s)) / TIMES;
        }
        alpha[p][t] = 2 * Arrays.stream(upper(values, p, t)).sum() / (N * N);
      }
    }
    TimeCourses expected = TimeCourses.of(alpha, beta, new TimeAxis(-100, 20, TIMES), 1);
    try (MegTarget target = MegTarget.open(folder.resolve("t.npy"))) {
      assertArrayEquals(expected.alpha(), target.courses().alpha(), 1e-12);
      assertArrayEquals(expected.beta(), target.courses().beta(), 1e-12);
      assertArrayEquals(expected.nu(), target.courses().nu(), 1e-12);
      for (int t = 0; t <= 5; t++) {
        assertEquals(0, target.courses().alpha()[t]);
        assertEquals(0, target.courses().beta()[t]);
      }
      assertTrue(target.courses().alpha()[7] > 0);
    }
  }

  @Test
  void givesAnySetOfConditionsInAnyOrder() {
    double[] values = rdms(6);
    condense(write("a.npy", values), "t.npy");
    double max = Arrays.stream(values).filter(v -> !Double.isNaN(v)).max().orElseThrow();
    try (MegTarget target = MegTarget.open(folder.resolve("t.npy"))) {
      assertEquals(NAMES, target.names());
      int[] rows = target.rows(List.of("hen", "ant", "fox", "bee"));
      assertArrayEquals(new int[] {7, 0, 5, 1}, rows);
      float[] pairs = target.pairs(rows);
      for (int t = 0; t < TIMES; t++) {
        int at = t * 6;
        for (int a = 0; a < 4; a++) {
          for (int b = a + 1; b < 4; b++, at++) {
            double mean = 0;
            for (int p = 0; p < 3; p++) {
              mean += value(values, p, t, rows[a], rows[b]) / max / 3;
            }
            assertEquals(mean, pairs[at], 1e-6);
          }
        }
        assertArrayEquals(Arrays.copyOfRange(pairs, t * 6, t * 6 + 6), target.pairs(t, rows));
      }
      assertEquals(pairs[6 * 4 + 1], (float) target.rdm(4, List.of("hen", "ant", "fox")).get(0, 2));
      String message =
          assertThrows(InputException.class, () -> target.rows(List.of("ant", "yak", "zebu")))
              .getMessage();
      assertTrue(message.contains("2 of 3 conditions: yak, zebu"), message);
      assertThrows(IllegalArgumentException.class, () -> target.pairs(new int[] {1, 1}));
      assertThrows(IndexOutOfBoundsException.class, () -> target.pairs(new int[] {1, N}));
    }
  }

  @Test
  void readsEveryLayoutAlike() throws IOException {
    double[] values = rdms(7);
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
      values[i] = narrow[i];
    }
    condense(write("wide.npy", values), "1.npy");
    NpyWriter.write(folder.resolve("narrow.npy"), SHAPE, narrow);
    condense(folder.resolve("narrow.npy"), "2.npy");
    new Hdf5Writer().dataset("mat", SHAPE, values).write(folder.resolve("wide.mat"));
    condense(folder.resolve("wide.mat"), "3.npy");
    new Hdf5Writer().dataset("rdms", SHAPE, narrow).write(folder.resolve("narrow.h5"));
    condense(folder.resolve("narrow.h5"), "4.npy");
    for (String other : List.of("2.npy", "3.npy", "4.npy")) {
      assertEquals(-1, Files.mismatch(folder.resolve("1.npy"), folder.resolve(other)), other);
    }
    double[] third = Arrays.copyOf(values, TIMES * N * N);
    NpyWriter.write(folder.resolve("three.npy"), Shape.of(TIMES, N, N), third);
    condense(folder.resolve("three.npy"), "5.npy");
    NpyWriter.write(folder.resolve("four.npy"), Shape.of(1, TIMES, N, N), third);
    condense(folder.resolve("four.npy"), "6.npy");
    assertEquals(-1, Files.mismatch(folder.resolve("5.npy"), folder.resolve("6.npy")));
  }

  @Test
  void scalesOnlyWhatIsNotInRangeYet() {
    double[] values = rdms(8);
    double max = Arrays.stream(values).filter(v -> !Double.isNaN(v)).max().orElseThrow();
    double[] unit = Arrays.stream(values).map(v -> v / max).toArray();
    condense(write("unit.npy", unit), "u.npy");
    double[] signed = Arrays.stream(values).map(v -> v - max / 2).toArray();
    condense(write("signed.npy", signed), "s.npy");
    try (MegTarget u = MegTarget.open(folder.resolve("u.npy"));
        MegTarget s = MegTarget.open(folder.resolve("s.npy"))) {
      assertFalse(u.header().scaling().applied());
      assertTrue(s.header().scaling().applied());
      assertTrue(s.header().scaling().min() < 0);
      assertEquals(max / 2, s.header().scaling().max(), 1e-12);
      float[] all = u.pairs(IntStream.range(0, N).toArray());
      double least = Arrays.stream(values).filter(v -> !Double.isNaN(v)).min().orElseThrow();
      float[] moved = s.pairs(IntStream.range(0, N).toArray());
      for (int i = 0; i < all.length; i++) {
        assertEquals((all[i] * max - least) / (max - least), moved[i], 1e-6);
      }
    }
  }

  @Test
  void nanIsAnErrorThatNamesThePlaceOrZero() {
    double[] values = rdms(9);
    values[at(2, 11, 3, 5)] = Double.NaN;
    values[at(2, 11, 5, 3)] = Double.NaN;
    Path file = write("nan.npy", values);
    String message = assertThrows(InputException.class, () -> condense(file, "n.npy")).getMessage();
    assertTrue(
        message.contains("participant 3, time 11 (from 0), row 3, column 5 (from 0) is NaN"),
        message);
    assertEquals(List.of(file.getFileName()), listing("n"), "nothing is left");
    CondenseRequest zero =
        new CondenseRequest(
            file,
            null,
            List.of(MegSelection.group(folder.resolve("z.npy"), PARTICIPANTS)),
            NAMES,
            -100,
            20.0,
            null,
            null,
            null,
            NanPolicy.ZERO,
            1);
    MegTargets.write(zero, Progress.NONE);
    try (MegTarget target = MegTarget.open(folder.resolve("z.npy"))) {
      assertEquals(1, target.header().nanZeroed());
    }
    values[at(2, 11, 5, 3)] = 1;
    Path oneSided = write("one.npy", values);
    assertThrows(InputException.class, () -> condense(oneSided, "o.npy"));
  }

  @Test
  void refusesWhatIsNoArrayOfRdms() throws IOException {
    double[] values = rdms(10);
    double[] skewed = values.clone();
    skewed[at(1, 2, 6, 4)] += 0.5;
    assertRefused("symmetric", write("skew.npy", skewed));
    double[] infinite = values.clone();
    infinite[at(0, 0, 0, 1)] = Double.POSITIVE_INFINITY;
    assertRefused("is Infinity, expected a finite number", write("inf.npy", infinite));
    double[] flat = values.clone();
    Arrays.fill(flat, at(3, 4, 0, 0), at(3, 5, 0, 0), 2);
    assertRefused("participant 4: all dissimilarities are 2.0 at -20.0 ms", write("f.npy", flat));
    Path whole = write("whole.npy", values);
    byte[] bytes = Files.readAllBytes(whole);
    assertRefused("cut short", Files.write(folder.resolve("c.npy"), Arrays.copyOf(bytes, 5000)));
    NpyWriter.write(folder.resolve("m.npy"), Shape.of(N, N, TIMES, PARTICIPANTS), values);
    assertRefused("wrong way round", folder.resolve("m.npy"));
    NpyWriter.write(folder.resolve("l.npy"), SHAPE, new long[values.length]);
    assertRefused("expected float32 or float64", folder.resolve("l.npy"));
    assertRefused("no such file", folder.resolve("none.mat"));
    new Hdf5Writer()
        .dataset("a", SHAPE, values)
        .dataset("b", SHAPE, values)
        .write(folder.resolve("two.h5"));
    assertRefused("[a, b]", folder.resolve("two.h5"));
    Path torn = folder.resolve("torn.h5");
    new Hdf5Writer().dataset("mat", SHAPE, values).write(torn);
    try (RandomAccessFile file = new RandomAccessFile(torn.toFile(), "rw")) {
      file.setLength(file.length() - 2000);
    }
    assertRefused("torn.h5", torn);
    assertRefused(
        "10 names are given",
        new CondenseRequest(
            whole,
            null,
            List.of(MegSelection.group(folder.resolve("x.npy"), PARTICIPANTS)),
            IntStream.range(0, 10).mapToObj(i -> "c" + i).toList(),
            -100,
            20.0,
            null,
            null,
            null,
            NanPolicy.ERROR,
            1));
    assertRefused(
        "--step-ms",
        CondenseRequest.standard(
            whole, List.of(MegSelection.individual(folder.resolve("x.npy"), 1)), NAMES));
    assertRefused(
        "no participant 5",
        CondenseRequest.standard(
                whole, List.of(MegSelection.individual(folder.resolve("x.npy"), 5)), NAMES)
            .withStep(5));
  }

  @Test
  void damagedTargetsAreFound() throws IOException {
    condense(write("a.npy", rdms(11)), "t.npy");
    Path target = folder.resolve("t.npy");
    byte[] bytes = Files.readAllBytes(target);
    byte[] flipped = bytes.clone();
    flipped[bytes.length - 3] ^= 1;
    Files.write(target, flipped);
    try (MegTarget changed = MegTarget.open(target)) {
      assertThrows(InputException.class, changed::verify);
    }
    Files.write(target, Arrays.copyOf(bytes, bytes.length - 40));
    assertThrows(InputException.class, () -> MegTarget.open(target));
    Files.write(target, bytes);
    Path json = MegTargetHeader.beside(target);
    String text = Files.readString(json);
    for (String wrong :
        List.of("{", "{}", text.replace("\"conditions\" : 9", "\"conditions\" : 8"), "[1]")) {
      Files.writeString(json, wrong);
      assertThrows(InputException.class, () -> MegTarget.open(target), wrong);
    }
    Files.delete(json);
    assertTrue(
        assertThrows(InputException.class, () -> MegTarget.open(target))
            .getMessage()
            .contains("meg-condense"));
  }

  private void assertRefused(String expected, Path file) {
    String message =
        assertThrows(InputException.class, () -> condense(file, "x.npy"), expected).getMessage();
    assertTrue(message.contains(expected), message);
    assertFalse(Files.exists(folder.resolve("x.npy")));
  }

  private void assertRefused(String expected, CondenseRequest request) {
    String message =
        assertThrows(InputException.class, () -> MegTargets.write(request, Progress.NONE))
            .getMessage();
    assertTrue(message.contains(expected), message);
  }

  private List<Path> listing(String prefix) {
    try (var files = Files.list(folder)) {
      return files
          .map(Path::getFileName)
          .filter(file -> file.toString().startsWith(prefix))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void condense(Path file, String out) {
    int participants = file.getFileName().toString().matches("three.npy|four.npy") ? 1 : 4;
    MegTargets.write(
        CondenseRequest.standard(
                file, List.of(MegSelection.group(folder.resolve(out), participants)), NAMES)
            .withStep(20),
        Progress.NONE);
  }

  private Path write(String name, double[] values) {
    NpyWriter.write(folder.resolve(name), SHAPE, values);
    return folder.resolve(name);
  }

  /** Distances of points that wander, with a NaN diagonal. */
  static double[] rdms(long seed) {
    System.out.println("seed " + seed);
    Philox random = new Philox(new PhiloxKey(seed, 1, 0));
    double[] values = new double[PARTICIPANTS * TIMES * N * N];
    for (int p = 0; p < PARTICIPANTS; p++) {
      double[][] points = new double[N][3];
      for (int t = 0; t < TIMES; t++) {
        for (double[] point : points) {
          for (int d = 0; d < 3; d++) {
            point[d] += random.nextFloat() - 0.5;
          }
        }
        for (int i = 0; i < N; i++) {
          for (int j = 0; j < N; j++) {
            double squares = 0;
            for (int d = 0; d < 3; d++) {
              squares += Math.pow(points[i][d] - points[j][d], 2);
            }
            values[at(p, t, i, j)] = i == j ? Double.NaN : 3 + Math.sqrt(squares);
          }
        }
      }
    }
    return values;
  }

  private static int at(int p, int t, int i, int j) {
    return ((p * TIMES + t) * N + i) * N + j;
  }

  private static double value(double[] values, int p, int t, int i, int j) {
    return values[at(p, t, i, j)];
  }

  private static double[] upper(double[] values, int p, int t) {
    List<Double> upper = new ArrayList<>();
    for (int i = 0; i < N; i++) {
      for (int j = i + 1; j < N; j++) {
        upper.add(value(values, p, t, i, j));
      }
    }
    return upper.stream().mapToDouble(v -> v).toArray();
  }

  private static double pearson(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElseThrow();
    double meanB = Arrays.stream(b).average().orElseThrow();
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - meanA) * (b[i] - meanB);
      aa += (a[i] - meanA) * (a[i] - meanA);
      bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return ab / Math.sqrt(aa * bb);
  }
}
