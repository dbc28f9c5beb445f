package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class RunTablesTest {
  private static Row row(String question, String shape) {
    Contest contest =
        Contest.of(question, shape, Amount.items(16, "images", 0), 0, new EnumMap<>(Provider.class))
            .paced(Contest.Pace.WHOLE);
    return new Row(Questions.named(question).getFirst(), contest);
  }

  private static Samples ours(Row row) {
    return row.samples().computeIfAbsent(Provider.ATTUNE, provider -> new Samples());
  }

  @Test
  void launchesOfARunAreOneWaitingShare() {
    Row row = row("waiting", "vit-b-32 batch 16");
    ours(row).add(new Gauges(10, 4_000_000_000L, 200_000_000L, 0, 0), 0);
    ours(row).add(new Gauges(10, 6_000_000_000L, 100_000_000L, 0, 0), 0);
    List<String> lines = RunTables.of(List.of(row));
    assertTrue(
        lines.contains("| waiting | vit-b-32 batch 16 | 20 | 500 | 32.00 | 3.0 % |"),
        lines.toString());
  }

  @Test
  void theMostThatLivedIsHeldAgainstTheFormula() {
    Row row = row("memory", "vit-b-32 batch 8, cached");
    ours(row).add(new Gauges(0, 0, 0, 1_000_000_000L, 990_000_000L), 2_000_000_000L);
    ours(row).add(new Gauges(0, 0, 0, 1_000_000_000L, 1_010_000_000L), 1_900_000_000L);
    List<String> lines = RunTables.of(List.of(row));
    assertTrue(
        lines.contains("| vit-b-32 batch 8, cached | 1000 | 1010 | 1.010 | 2000 |"),
        lines.toString());
    Row elsewhere = row("memory", "x");
    ours(elsewhere).add(new Gauges(0, 0, 0, 10, 10), ResidentMemory.UNKNOWN);
    assertTrue(RunTables.of(List.of(elsewhere)).contains("| x | 0 | 0 | 1.000 | not available |"));
  }

  @Test
  void thePeakIsReadFromTheSystemsOwnLine() {
    assertEquals(
        1_234_567L * 1024,
        ResidentMemory.peakBytes(
            List.of("VmPeak:\t9999999 kB", "VmHWM:\t 1234567 kB", "VmRSS: 1 kB")));
    assertEquals(ResidentMemory.UNKNOWN, ResidentMemory.peakBytes(List.of("VmRSS: 1 kB")));
    if (Files.exists(Path.of("/proc/self/status"))) {
      assertTrue(ResidentMemory.peakBytes() > 1 << 20);
    }
  }

  @Test
  void launchesAreToldOneByOne(@TempDir Path folder) throws Exception {
    Row row =
        new Row(
            Questions.named("training").getFirst(),
            Contest.of("x", "y", Amount.once(), 0, new EnumMap<>(Provider.class)));
    ours(row).add(new double[] {1e6, 2e6, 3e6});
    ours(row).add(new double[] {4e6, 5e6, 9e6});
    ours(row).add(Gauges.NONE, 3_000_000_000L);
    Path base = folder.resolve("results");
    ResultsFile.write(base, Machine.here(), Plan.quick(2), new Peak(100, 10), List.of(row));
    String table = Files.readString(Path.of(base + ".md"));
    assertTrue(
        table.contains("| x | y | attune | 2.0000 | 3.5000 | 5.0000 | 2.0000, 5.0000 |"), table);
    assertTrue(table.contains("| 3000 |"), table);
    String json = Files.readString(Path.of(base + ".json")).replaceAll("\\s", "");
    assertTrue(json.contains("\"launch_medians_ns\":[2000000.0,5000000.0]"), json);
    assertTrue(json.contains("\"resident_bytes\":3000000000"), json);
  }

  /** Whole runs tell what their tables ask for. */
  @TestFactory
  List<DynamicTest> wholeRunsTellOfThemselves() {
    return Questions.all().stream()
        .flatMap(question -> question.samples().stream())
        .filter(contest -> contest.pace() == Contest.Pace.WHOLE)
        .map(contest -> DynamicTest.dynamicTest(contest.key(), () -> tells(contest)))
        .toList();
  }

  private static void tells(Contest contest) throws Exception {
    try (Contestant run = contest.entries().get(Provider.ATTUNE).open(2)) {
      run.run();
      Gauges gauges = run.gauges();
      if (contest.operation().equals("memory")) {
        assertTrue(gauges.plannedBytes() > 100_000, gauges.toString());
        assertTrue(gauges.livedBytes() > 0, gauges.toString());
      } else {
        assertEquals(2, gauges.steps());
        assertTrue(gauges.waitedNanoseconds() > 0, gauges.toString());
        assertTrue(gauges.waitedNanoseconds() < gauges.stepNanoseconds(), gauges.toString());
      }
    }
  }
}
