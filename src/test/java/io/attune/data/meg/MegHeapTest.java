package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.format.NpyWriter;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of 300 MB passes through a heap of 64, as 31 GB shall pass through 4. */
class MegHeapTest {
  private static final int PARTICIPANTS = 2;
  private static final int TIMES = 104;
  private static final int N = 600;

  @TempDir Path folder;

  @Test
  void needsHeapForASliceOnly() throws IOException, InterruptedException {
    Path file = folder.resolve("large.npy");
    write(file);
    assertTrue(Files.size(file) > 299_000_000);
    Path out = folder.resolve("target.npy");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                MegHeapTest.class.getName(),
                file.toString(),
                out.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    try (MegTarget target = MegTarget.open(out)) {
      assertEquals(TIMES, target.times());
      double max = target.header().scaling().max();
      int[] rows = {599, 0, 301, 7};
      for (int t = 0; t < TIMES; t += 17) {
        float[] pairs = target.pairs(t, rows);
        for (int a = 0, at = 0; a < rows.length; a++) {
          for (int b = a + 1; b < rows.length; b++, at++) {
            double mean = (value(0, t, rows[a], rows[b]) + value(1, t, rows[a], rows[b])) / 2;
            assertEquals(mean / max, pairs[at], 1e-6);
          }
        }
      }
    }
  }

  /** In the child: condenses. */
  public static void main(String[] arguments) {
    Path out = Path.of(arguments[1]);
    MegTargets.write(
        CondenseRequest.standard(
                Path.of(arguments[0]), List.of(MegSelection.group(out, PARTICIPANTS)), List.of())
            .withStep(10),
        Progress.NONE);
  }

  private static void write(Path file) {
    float[] slice = new float[N * N];
    try (NpyWriter writer =
        NpyWriter.create(file, DType.F32, Shape.of(PARTICIPANTS, TIMES, N, N))) {
      for (int p = 0; p < PARTICIPANTS; p++) {
        for (int t = 0; t < TIMES; t++) {
          for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
              slice[i * N + j] = i == j ? Float.NaN : (float) value(p, t, i, j);
            }
          }
          writer.append(slice, 0, slice.length);
        }
      }
      writer.commit();
    }
  }

  /** Symmetric, and otherwise without order. */
  private static double value(int participant, int time, int i, int j) {
    return 1 + ((i + j) * 31 + i * j * (time + 2 * participant + 1)) % 1009 / 1009.0;
  }
}
