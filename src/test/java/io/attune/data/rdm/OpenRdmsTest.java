package io.attune.data.rdm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.format.Hdf5ArrayWriter;
import io.attune.format.NpyWriter;
import io.attune.rsa.Comparison;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdms;
import io.attune.rsa.Similarity;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDMs that are read when they are used are those that are held. */
class OpenRdmsTest {
  private static final int PEOPLE = 2;
  private static final int TIMES = 5;
  private static final int N = 6;
  private static final int PAIRS = N * (N - 1) / 2;

  @TempDir private Path temp;

  /** [participants, times, n, n], symmetric. */
  private static double[] square() {
    Philox random = new Philox(new PhiloxKey(7, 0, 0));
    double[] values = new double[PEOPLE * TIMES * N * N];
    for (int rdm = 0; rdm < PEOPLE * TIMES; rdm++) {
      for (int i = 0; i < N; i++) {
        for (int j = i + 1; j < N; j++) {
          double value = 2 + random.nextNormal();
          values[(rdm * N + i) * N + j] = value;
          values[(rdm * N + j) * N + i] = value;
        }
      }
    }
    return values;
  }

  private static double[] condensed(double[] square) {
    double[] values = new double[square.length / (N * N) * PAIRS];
    for (int rdm = 0, p = 0; rdm < square.length / (N * N); rdm++) {
      for (int i = 0; i < N; i++) {
        for (int j = i + 1; j < N; j++, p++) {
          values[p] = square[(rdm * N + i) * N + j];
        }
      }
    }
    return values;
  }

  private Path npy(String name, double[] values, int... dims) {
    Path file = temp.resolve(name);
    NpyWriter.write(file, shape(dims), values);
    return file;
  }

  private static Shape shape(int... dims) {
    return Shape.of(Arrays.stream(dims).asLongStream().toArray());
  }

  private List<Path> files() {
    double[] square = square();
    Path hdf5 = temp.resolve("square.h5");
    try (Hdf5ArrayWriter writer =
        Hdf5ArrayWriter.create(hdf5, "mat", DType.F64, shape(PEOPLE, TIMES, N, N))) {
      writer.append(square, 0, square.length);
      writer.commit();
    }
    return List.of(
        npy("square.npy", square, PEOPLE, TIMES, N, N),
        npy("condensed.npy", condensed(square), PEOPLE, TIMES, PAIRS),
        hdf5);
  }

  @Test
  void areThoseThatAreHeld() {
    RdmFile reader = new RdmFile(null, null, -10, 10.0);
    double[] expected = condensed(square());
    for (Path file : files()) {
      Rdms held = reader.read(file);
      try (OpenRdms open = reader.open(file, 0)) {
        Rdms read = open.rdms();
        assertEquals(held.names(), read.names());
        assertEquals(held.labels(), read.labels());
        assertArrayEquals(held.times(), read.times());
        for (int p = 0; p < PEOPLE; p++) {
          for (int t = 0; t < TIMES; t++) {
            int from = (p * TIMES + t) * PAIRS;
            double[] own = Arrays.copyOfRange(expected, from, from + PAIRS);
            assertArrayEquals(own, held.rdm(p, t).condensed(), file.toString());
            assertArrayEquals(own, read.rdm(p, t).condensed(), file.toString());
          }
        }
        List<String> some = List.of("row 5", "row 1", "row 4", "row 2");
        assertArrayEquals(
            Similarity.of(held.select(some), held.select(some), Comparison.SPEARMAN).values()[0][1],
            Similarity.of(read.select(some), read.select(some), Comparison.SPEARMAN)
                .values()[0][1]);
      }
    }
  }

  @Test
  void closeTheirFiles() {
    RdmFile reader = new RdmFile(null, null, 0, 10.0);
    Rdms rdms;
    try (OpenRdms open = reader.open(files().getFirst(), 0)) {
      rdms = open.rdms();
    }
    assertThrows(IllegalStateException.class, () -> rdms.rdm(0, 0));
  }

  @Test
  void firstNanIsNamed() {
    double[] holes = condensed(square());
    holes[3 * PAIRS + 4] = Double.NaN;
    holes[7 * PAIRS + 2] = Double.NaN;
    Path file = npy("holes.npy", holes, PEOPLE, TIMES, PAIRS);
    try (OpenRdms open = new RdmFile(null, null, 0, 10.0).open(file, 0)) {
      InputException told =
          assertThrows(InputException.class, () -> open.rdms().with(NanPolicy.ERROR));
      assertEquals(
          "RDM of holes 1 at 30.0 ms: NaN at (row 1, row 6) and 0 more pairs; repair it or choose"
              + " to drop or zero NaN",
          told.getMessage());
      assertEquals(0, open.rdms().with(NanPolicy.ZERO).rdm(1, 2).condensed()[2]);
    }
  }

  @Test
  void asymmetryIsToldWithTheFile() {
    double[] square = square();
    square[(4 * N + 2) * N + 3] += 1;
    Path file = npy("crooked.npy", square, PEOPLE, TIMES, N, N);
    RdmFile reader = new RdmFile(null, null, 0, 10.0);
    String held = assertThrows(InputException.class, () -> reader.read(file)).getMessage();
    try (OpenRdms open = reader.open(file, 0)) {
      Rdms rdms = open.rdms();
      String read =
          assertThrows(InputException.class, () -> Similarity.of(rdms, rdms, Comparison.PEARSON))
              .getMessage();
      assertEquals(held, read);
    }
  }
}
