package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.format.Hdf5;
import io.attune.format.Npy;
import io.attune.format.NpyWriter;
import io.attune.rsa.Shrinkage;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDMs of epochs against NumPy's, see {@code src/test/python/epoch_references.py}. */
class EpochRdmsTest {
  private static final List<String> FILES =
      List.of("uneven.h5", "even.npy", "even-conditions.npy", "even-sessions.txt");

  @TempDir Path folder;

  /** What a process that is killed does not get to do. */
  private static final class Killed extends Error {}

  /** Dies at the n-th report of progress. */
  private static final class Deadly implements Progress {
    private int left;

    Deadly(int left) {
      this.left = left;
    }

    private void step() {
      if (left-- == 0) {
        throw new Killed();
      }
    }

    @Override
    public Task start(String what, String unit, long total) {
      step();
      return new Task() {
        @Override
        public void advance(long units) {
          step();
        }

        @Override
        public void note(String text) {}

        @Override
        public void close() {}
      };
    }

    @Override
    public void message(String line) {
      step();
    }
  }

  @BeforeEach
  void copyEpochs() throws IOException {
    for (String name : FILES) {
      try (InputStream in = resource(name)) {
        Files.copy(in, folder.resolve(name));
      }
    }
  }

  private static InputStream resource(String name) {
    return EpochRdmsTest.class.getResourceAsStream("/io/attune/data/epochs/" + name);
  }

  @Test
  void equalsNumpy() throws IOException {
    try (InputStream in = resource("epochs.json")) {
      JsonNode cases = new ObjectMapper().readTree(in);
      for (int k = 0; k < cases.size(); k++) {
        JsonNode expected = cases.get(k);
        String shrinkage = expected.get("shrinkage").asText();
        EpochRequest request =
            request(
                expected.get("file").asText(),
                EpochMeasure.valueOf(expected.get("measure").asText().toUpperCase(Locale.ROOT)),
                shrinkage.equals("auto") || shrinkage.equals("null")
                    ? Shrinkage.AUTO
                    : Shrinkage.of(Double.parseDouble(shrinkage)),
                DType.F64,
                "rdm-" + k + ".npy");
        EpochRdms.write(request, Progress.NONE);
        assertEqual(expected, request.out());
      }
      assertEquals(8, cases.size());
    }
  }

  private static void assertEqual(JsonNode expected, Path out) {
    String what = "%s %s".formatted(expected.get("measure"), expected.get("shrinkage"));
    JsonNode rdms = expected.get("rdms");
    try (Npy npy = Npy.open(out)) {
      int n = npy.shape().dim(1);
      assertEquals(Shape.of(rdms.size(), n, n), npy.shape(), what);
      double[] found = npy.readDoubles();
      for (int s = 0; s < rdms.size(); s++) {
        for (int i = 0, p = 0; i < n; i++) {
          assertEquals(0, found[(s * n + i) * n + i], what);
          for (int j = i + 1; j < n; j++, p++) {
            double value = rdms.get(s).get(p).asDouble();
            double limit = 1e-10 * Math.max(Math.abs(value), what.contains("euclid") ? 0 : 1);
            assertEquals(value, found[(s * n + i) * n + j], limit, what);
            assertEquals(found[(s * n + i) * n + j], found[(s * n + j) * n + i], what);
          }
        }
      }
    }
  }

  @Test
  void bothFormatsHoldTheSameAndAreCondensed() throws IOException {
    EpochRequest wide = lda("wide.npy");
    EpochRequest narrow =
        request("uneven.h5", EpochMeasure.LDA, Shrinkage.AUTO, DType.F32, "narrow.npy");
    EpochRequest hdf5 = lda("rdm.h5");
    EpochRequest narrowHdf5 =
        request("uneven.h5", EpochMeasure.LDA, Shrinkage.AUTO, DType.F32, "narrow.h5");
    for (EpochRequest request : List.of(wide, narrow, hdf5, narrowHdf5)) {
      EpochRdms.write(request, Progress.NONE);
    }
    try (Npy a = Npy.open(wide.out());
        Npy b = Npy.open(narrow.out());
        Hdf5 c = Hdf5.open(hdf5.out());
        Hdf5 d = Hdf5.open(narrowHdf5.out())) {
      assertEquals(DType.F32, b.dtype());
      double[] values = a.readDoubles();
      assertEquals(-1, Arrays.mismatch(values, c.readDoubles("mat")));
      double[] rounded = Arrays.stream(values).map(value -> (float) value).toArray();
      assertEquals(-1, Arrays.mismatch(rounded, b.readDoubles()));
      assertEquals(-1, Arrays.mismatch(rounded, d.readDoubles("mat")));
      assertEquals(Files.size(hdf5.out()) - 4L * values.length, Files.size(narrowHdf5.out()));
    }
    Path names = folder.resolve("rdm.h5.names.txt");
    assertEquals(List.of("axe", "bag", "cup", "dog", "ear"), Files.readAllLines(names));
    try (MegArray array = MegArray.open(hdf5.out(), null)) {
      assertEquals(5, array.conditions());
      assertEquals(3, array.times());
    }
  }

  @Test
  void namesChooseAndOrderTheRows() throws IOException {
    EpochRequest all = lda("all.npy");
    EpochRequest some = named(List.of("ear", "axe", "cup"), "some.npy");
    EpochRdms.write(all, Progress.NONE);
    EpochRdms.write(some, Progress.NONE);
    try (Npy a = Npy.open(all.out());
        Npy b = Npy.open(some.out())) {
      double[] every = a.readDoubles();
      double[] chosen = b.readDoubles();
      for (int s = 0; s < 3; s++) {
        assertEquals(every[s * 25 + 4], chosen[s * 9 + 1], "ear, axe");
        assertEquals(every[s * 25 + 4 * 5 + 2], chosen[s * 9 + 2], "ear, cup");
        assertEquals(every[s * 25 + 2], chosen[s * 9 + 5], "axe, cup");
      }
    }
    assertTrue(Files.readString(folder.resolve("some.npy.json")).contains("\"bag\", \"dog\""));
  }

  @Test
  void goesOnFromEveryMomentWithTheSameBits() throws IOException {
    EpochRequest whole = lda("whole.npy");
    EpochRdms.write(whole, Progress.NONE);
    int moment = 0;
    for (boolean died = true; died; moment++) {
      died = false;
      EpochRequest request = lda("t" + moment + ".npy");
      try {
        EpochRdms.write(request, Duration.ZERO, new Deadly(moment));
      } catch (Killed e) {
        died = true;
        assertFalse(Files.exists(folder.resolve("t" + moment + ".npy.json")));
        EpochRdms.write(request, Duration.ZERO, Progress.NONE);
      }
      assertEquals(-1, Files.mismatch(whole.out(), request.out()), "moment " + moment);
      assertFalse(Files.exists(folder.resolve("t" + moment + ".npy.part")));
    }
    assertTrue(moment > 10, "moments tried: " + moment);
  }

  @Test
  void refusesToGoOnWithAnotherRequestOrToOverwrite() {
    EpochRequest lda = lda("t.npy");
    assertThrows(Killed.class, () -> EpochRdms.write(lda, Duration.ZERO, new Deadly(9)));
    EpochRequest other =
        request("uneven.h5", EpochMeasure.EUCLIDEAN, Shrinkage.AUTO, DType.F64, "t.npy");
    assertError("was begun from other files or with other options", other);
    EpochRdms.write(lda, Progress.NONE);
    assertError("t.npy: exists already", lda);
  }

  @Test
  void badInputIsOneClearLine() throws IOException {
    EpochRequest even = request("even.npy", EpochMeasure.LDA, Shrinkage.AUTO, DType.F64, "bad.npy");
    Files.writeString(folder.resolve("even-sessions.txt"), "1\n2\n");
    assertError("2 labels for the 24 trials", even);
    Files.writeString(folder.resolve("even-sessions.txt"), "1\n".repeat(24));
    assertError("condition 2: its 4 trials are of one session", even);
    assertError(
        "condition cup: has no trial in one of the 3 sessions",
        request("uneven.h5", EpochMeasure.CROSSNOBIS, Shrinkage.AUTO, DType.F64, "bad.npy"));
    assertError(
        "no trial of 1 (fox) of the 4", named(List.of("axe", "bag", "cup", "fox"), "b.npy"));
    assertError("expected 3 conditions or more", named(List.of("axe", "bag"), "bad.npy"));
    byte[] bytes = Files.readAllBytes(folder.resolve("even.npy"));
    bytes[bytes.length - 1] = 0x7f;
    bytes[bytes.length - 2] = (byte) 0xf8;
    Files.write(folder.resolve("even.npy"), bytes);
    EpochRequest plain =
        request("even.npy", EpochMeasure.CORRELATION, Shrinkage.AUTO, DType.F64, "bad.npy");
    assertError("trial 23, channel 4, sample 3 (from 0) is NaN", plain);
    assertFalse(Files.exists(folder.resolve("bad.npy.part")), "nothing to go on with");
  }

  @Test
  void aFlatSampleIsNamed() {
    double[] values = new double[6 * 5 * 2];
    for (int i = 0; i < values.length; i += 2) {
      values[i] = Math.sin(i * i);
    }
    NpyWriter.write(folder.resolve("flat.npy"), Shape.of(6, 5, 2), values);
    NpyWriter.write(folder.resolve("labels.npy"), Shape.of(6), new long[] {1, 1, 2, 2, 3, 3});
    EpochRequest request =
        new EpochRequest(
            folder.resolve("flat.npy"),
            null,
            folder.resolve("labels.npy"),
            null,
            List.of(),
            EpochMeasure.CORRELATION,
            Shrinkage.AUTO,
            DType.F64,
            folder.resolve("bad.npy"));
    assertError("flat.npy: sample 1 (from 0): condition 1: its mean pattern is the same", request);
  }

  private static void assertError(String part, EpochRequest request) {
    InputException e =
        assertThrows(InputException.class, () -> EpochRdms.write(request, Progress.NONE));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  private EpochRequest lda(String out) {
    return request("uneven.h5", EpochMeasure.LDA, Shrinkage.AUTO, DType.F64, out);
  }

  private EpochRequest named(List<String> names, String out) {
    Path file = folder.resolve("uneven.h5");
    return new EpochRequest(
        file,
        null,
        null,
        null,
        names,
        EpochMeasure.LDA,
        Shrinkage.AUTO,
        DType.F64,
        folder.resolve(out));
  }

  private EpochRequest request(
      String file, EpochMeasure measure, Shrinkage shrinkage, DType dtype, String out) {
    boolean isNpy = file.endsWith(".npy");
    return new EpochRequest(
        folder.resolve(file),
        null,
        isNpy ? folder.resolve("even-conditions.npy") : null,
        isNpy ? folder.resolve("even-sessions.txt") : null,
        List.of(),
        measure,
        shrinkage,
        dtype,
        folder.resolve(out));
  }
}
