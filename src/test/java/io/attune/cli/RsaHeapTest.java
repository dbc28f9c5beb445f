package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.format.NpyWriter;
import io.attune.rsa.Comparison;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDMs that take 300 MB are compared in a heap of 96, as those of 31 GB shall be in one of 4. */
class RsaHeapTest {
  private static final int PEOPLE = 2;
  private static final int TIMES = 104;
  private static final int N = 600;
  private static final int PAIRS = N * (N - 1) / 2;

  @TempDir private Path temp;

  @Test
  void coursesNeedHeapForATimeOnly() throws Exception {
    Path people = temp.resolve("people.npy");
    float[] rdm = new float[PAIRS];
    try (NpyWriter writer = NpyWriter.create(people, DType.F32, Shape.of(PEOPLE, TIMES, PAIRS))) {
      for (int i = 0; i < PEOPLE * TIMES; i++) {
        writer.append(fill(rdm, i), 0, PAIRS);
      }
      writer.commit();
    }
    Path model = temp.resolve("model.npy");
    NpyWriter.write(model, Shape.of(PAIRS), fill(rdm, -1));
    assertTrue((long) PEOPLE * TIMES * PAIRS * Double.BYTES > 299_000_000);
    Path out = temp.resolve("course.csv");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx96m", "-cp", System.getProperty("java.class.path")));
    command.add(Attune.class.getName());
    command.addAll(List.of("rsa", "timecourse", "--method", "pearson", "--step-ms", "5"));
    command.addAll(List.of("--model", model.toString(), "--rdms", people.toString()));
    command.addAll(List.of("--each", "--out", out.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    List<String> lines = Files.readAllLines(out);
    assertEquals(1 + TIMES, lines.size());
    double[] expected = wide(fill(rdm, -1));
    for (int t : new int[] {0, 51, TIMES - 1}) {
      String[] cells = lines.get(1 + t).split(",");
      for (int p = 0; p < PEOPLE; p++) {
        double r = Comparison.PEARSON.correlate(expected, wide(fill(rdm, p * TIMES + t))).value();
        assertEquals(r, Double.parseDouble(cells[2 + p]), 1e-12);
      }
    }
  }

  /** Without order, another for each {@code seed}. */
  private static float[] fill(float[] rdm, int seed) {
    for (int p = 0; p < PAIRS; p++) {
      rdm[p] = 1 + (p % 1009 * 31 + (long) p * (seed + 2)) % 1013 / 1013f;
    }
    return rdm;
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
