package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtherWorkTest {
  /** Two processors: user, nice, system, idle, iowait, irq, softirq, steal, guest. */
  private static List<String> system(long user, long idle, long steal) {
    return List.of(
        "cpu  0 0 0 0 0 0 0 0 0 0",
        "cpu0 %d 0 10 %d 5 0 0 %d 7 0".formatted(user, idle, steal),
        "cpu1 100 0 10 400 5 0 0 0 0 0",
        "intr 12345");
  }

  private static String process(long user, long childrensUser) {
    return "77 (a) b) S 1 77 77 0 -1 0 0 0 0 0 %d 3 %d 4 20 0 30 0 999"
        .formatted(user, childrensUser);
  }

  @Test
  void othersTookWhatIsBusyAndNotOurs() {
    OtherWork before = OtherWork.of(system(100, 500, 0), process(50, 60));
    OtherWork after = OtherWork.of(system(200, 560, 40), process(70, 90));
    // 200 ticks of both processors' clocks passed: 140 busy of which 50 are ours.
    assertEquals(90.0 * 2 / 200, after.coresSince(before), 1e-12);
    // Ours is counted in coarser steps than the system's.
    assertEquals(0, OtherWork.of(system(110, 560, 0), process(90, 60)).coresSince(before));
  }

  @Test
  void nothingIsMadeUpWhereTheSystemDoesNotTell() {
    OtherWork untold = OtherWork.of(List.of("intr 5"), process(1, 1));
    assertTrue(Double.isNaN(OtherWork.of(system(1, 1, 1), process(1, 1)).coresSince(untold)));
    OtherWork same = OtherWork.of(system(1, 1, 1), process(1, 1));
    assertTrue(Double.isNaN(same.coresSince(same)));
  }

  @Test
  void thisSystemsFilesAreUnderstood() throws Exception {
    OtherWork before = OtherWork.untilNow();
    long end = System.nanoTime() + 50_000_000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    double cores = OtherWork.untilNow().coresSince(before);
    if (Files.exists(Path.of("/proc/stat"))) {
      assertTrue(cores >= 0 && cores <= Runtime.getRuntime().availableProcessors() + 1, "" + cores);
    } else {
      assertTrue(Double.isNaN(cores));
    }
  }

  @Test
  void theTableWarnsOfWallTimesBesideOtherWork() {
    Row row =
        new Row(
            Questions.all().getFirst(),
            Contest.of("x", "y", Amount.once(), 0, new EnumMap<>(Provider.class)));
    row.otherWork().addAll(List.of(0.01, 1.3, OtherWork.UNKNOWN));
    Plan wall = Plan.quick(2);
    String table = Table.of(Machine.here(), wall, new Peak(1, 1), List.of(row));
    assertTrue(
        table.contains("During 1 of 2 launches other work took 1.3 cores at most: **not a quiet"),
        table);
    row.otherWork().remove(1);
    table = Table.of(Machine.here(), wall, new Peak(1, 1), List.of(row));
    assertTrue(!table.contains("other work"), table);
  }
}
