package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.data.meg.MegTarget;
import io.attune.format.NpyWriter;
import io.attune.report.MegPage;
import io.attune.report.MegReport;
import io.attune.report.Page;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Permutation;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.train.MegAlignment;
import io.attune.train.MegEvaluation;
import io.attune.train.MegLayerWeights;
import io.attune.train.MegOutputs;
import io.attune.train.MegPredictions;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scores and the page of {@code evaluate meg} at the published size, from outputs that no model
 * made: targets of 1,854 concepts at 281 times, of which 48 are held out and 350 validate, and four
 * participants. It takes minutes and 2 GB of disk, so it runs only when asked for: {@code mvn test
 * -DexcludedGroups= -Dtest.heap=-Xmx2g -Dtest=LargeEvaluationTest}
 */
@Tag("large")
class LargeEvaluationTest {
  private static final int CONCEPTS = 1854;
  private static final int HELD_OUT = 48;
  private static final int VALIDATION = 350;
  private static final int TIMES = 281;
  private static final int K = 66;
  private static final int PEOPLE = 4;

  @TempDir private Path temp;

  @Test
  void aGroupsModelIsScoredInASmallHeap() throws Exception {
    List<String> names =
        IntStream.range(0, CONCEPTS).mapToObj(i -> String.format("c%04d", i)).toList();
    Path file = target(names);
    double[] times = IntStream.range(0, TIMES).mapToDouble(t -> -100 + 5 * t).toArray();
    List<String> heldOut = names.subList(0, HELD_OUT);
    List<String> validation = names.subList(HELD_OUT, HELD_OUT + VALIDATION);
    List<String> all = names.subList(0, HELD_OUT + VALIDATION);
    MegPredictions predictions = new MegPredictions(all, outputs(times, all.size()));
    try (MegTarget group = MegTarget.open(file)) {
      long begin = System.nanoTime();
      report("target written", begin);
      List<Rdms> still = List.of(still("CLIP", all, 1), still("Behaviour", all, 2));
      List<MegAlignment> alignments = new ArrayList<>();
      for (List<String> set : List.of(validation, heldOut)) {
        List<Rdms> models = new ArrayList<>();
        models.add(predictions.rdms(MegEvaluation.MODEL, set));
        still.forEach(rdms -> models.add(rdms.select(set)));
        Rdms people =
            Rdms.join(
                IntStream.range(0, PEOPLE)
                    .mapToObj(p -> group.rdms("participant " + (p + 1), set, times))
                    .toList());
        alignments.add(
            new MegAlignment(
                set.size() + " concepts",
                group.rdms("MEG", set, times),
                Optional.of(people),
                models));
      }
      MegEvaluation evaluation = new MegEvaluation(alignments, Optional.empty(), weights(times));
      MegReporting.of(evaluation, List.of());
      report("scores", begin);
      MegReport report =
          MegReporting.of(evaluation, List.of(), Optional.of(new Permutation(1000, 1)));
      report("scores again, tested against 1,000 shuffles", begin);
      Page page = MegPage.render("large", report);
      report("scores and page of %d MB".formatted(page.html().length() >> 20), begin);
      assertEquals(4, report.alignment().size());
      assertTrue(
          Arrays.stream(report.alignment().getFirst().series().getFirst().values())
              .allMatch(rho -> Math.abs(rho) < 0.05));
    }
  }

  private Path target(List<String> names) throws Exception {
    Path file = temp.resolve("group.npy");
    int pairs = CONCEPTS * (CONCEPTS - 1) / 2;
    float[] values = new float[pairs];
    try (NpyWriter writer = NpyWriter.create(file, DType.F32, Shape.of(TIMES, pairs))) {
      for (int t = 0; t < TIMES; t++) {
        for (int p = 0; p < pairs; p++) {
          values[p] = (mixed((long) t * pairs + p) >>> 40) * 0x1p-24f;
        }
        writer.append(values, 0, pairs);
      }
      writer.commit();
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode header = mapper.createObjectNode();
    header.put("format", "attune-meg-target").put("version", 1).put("conditions", CONCEPTS);
    header.set("names", mapper.valueToTree(names));
    header.putObject("time").put("first_ms", -100).put("step_ms", 5).put("count", TIMES);
    header.putArray("participants").add(1);
    header.putArray("curve_participants").add(1);
    header.put("of_participants", PEOPLE);
    header.putObject("scaling").put("applied", false).put("min", 0).put("max", 1);
    header.put("nan_zeroed", 0).put("averaged_samples", 1);
    for (String course : List.of("alpha", "beta", "nu")) {
      header.set(course, mapper.valueToTree(new double[TIMES]));
    }
    header.put("noise_scale", 1);
    header.putObject("source").put("file", "").put("dataset", "").put("bytes", 0).put("sha256", "");
    header.withObjectProperty("source").putArray("shape");
    header.put("sha256", "");
    Files.writeString(temp.resolve("group.npy.json"), header.toString());
    return file;
  }

  private static MegOutputs outputs(double[] times, int images) {
    float[] values = new float[TIMES * images * K];
    for (int i = 0; i < values.length; i++) {
      values[i] = (mixed(i) >>> 40) * 0x1p-24f;
    }
    boolean[] open = new boolean[TIMES];
    Arrays.fill(open, true);
    return new MegOutputs(times, open, images, K, values);
  }

  private static Rdms still(String label, List<String> names, long seed) {
    double[][] rows = new double[names.size()][K];
    for (int i = 0; i < rows.length; i++) {
      for (int k = 0; k < K; k++) {
        rows[i][k] = (mixed(seed << 32 | i * K + k) >>> 11) * 0x1p-53;
      }
    }
    return Rdms.of(label, Rdm.ofFeatures(names, rows, Dissimilarity.CORRELATION));
  }

  private static MegLayerWeights weights(double[] times) {
    double[][] weights = new double[TIMES][24];
    for (double[] row : weights) {
      row[23] = 1;
    }
    return new MegLayerWeights(times, weights);
  }

  /** The mixing of SplitMix64: as good as random, and of its argument alone. */
  private static long mixed(long value) {
    long z = (value + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static void report(String what, long begin) {
    long peak = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      peak += pool.getType() == MemoryType.HEAP ? pool.getPeakUsage().getUsed() : 0;
    }
    double cpu = ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
    System.out.printf(
        "%s: %.1f s (%.1f s CPU since the start of the JVM), heap at most %d MB%n",
        what, (System.nanoTime() - begin) / 1e9, cpu, peak >> 20);
  }
}
