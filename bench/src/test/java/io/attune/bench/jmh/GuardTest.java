package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
  private static final Peak PEAK = new Peak(100, 10);
  private static final Plan PLAN = Plan.quick(1);
  private final Machine machine = Machine.here();

  @Test
  void complainsOfARatioThatFellAndOfNoOther(@TempDir Path folder) throws Exception {
    Path base = folder.resolve("earlier");
    ResultsFile.write(base, machine, PLAN, PEAK, List.of(row("a", 2.0), row("b", 2.0)));
    Guard guard = Guard.of(Path.of(base + ".json"), machine, PLAN);
    Row fallen = row("a", 1.6, 110);
    Row steady = row("b", 1.8);
    List<Row> rows = List.of(fallen, steady, row("new", 0.1));
    assertEquals(List.of(fallen), guard.fallen(rows, (row, round) -> add(row, 1.6, 111)));
    assertEquals(
        "x / a: ratio 1.60, was 2.00; ours takes 0.110 ms, took 0.100 (launches: 0.110, 0.111,"
            + " 0.111, 0.111)",
        guard.complaint(fallen).orElseThrow());
  }

  @Test
  void aLaunchThatArraysSlowedDownIsNotTheCodes(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, PLAN, row("a", 2.14, 107));
    Guard guard = Guard.of(folder, machine, PLAN);
    Row row = row("a", 1.5, 153);
    List<Row> launched = new ArrayList<>();
    Guard.Launch launch =
        (again, round) -> {
          launched.add(again);
          add(again, round == 1 ? 1.5 : 2.0, round == 1 ? 152 : 109);
        };
    assertEquals(List.of(), guard.fallen(List.of(row), launch));
    assertEquals(2, launched.size(), "launches until it reached the earlier ratio");
    assertEquals("0.153, 0.152, 0.109", Guard.launches(row));
  }

  @Test
  void codeThatGotSlowerFailsInEveryLaunch(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, PLAN, row("a", 2.14, 107));
    Guard guard = Guard.of(folder, machine, PLAN);
    Row row = row("a", 1.5, 153);
    double[] ours = {128, 140, 131};
    List<Row> fallen =
        guard.fallen(
            List.of(row), (again, round) -> add(again, 228 / ours[round - 1], ours[round - 1]));
    assertEquals(List.of(row), fallen);
    assertTrue(guard.complaint(row).orElseThrow().contains("takes 0.128 ms"));
  }

  @Test
  void theBestLaunchOfTheEarlierRunCounts(@TempDir Path folder) throws Exception {
    Row earlier = row("a", 2.0, 130);
    add(earlier, 2.0, 100);
    add(earlier, 2.4, 120);
    write(folder, "a", 1, PLAN, earlier);
    Guard guard = Guard.of(folder, machine, PLAN);
    assertTrue(guard.complaint(row("a", 1.6, 125)).orElseThrow().contains("was 2.00"));
    assertTrue(guard.complaint(row("a", 1.8, 125)).isEmpty());
  }

  @Test
  void aFileWithoutLaunchesCountsByItsMedian(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, PLAN, row("a", 2.0, 100));
    Path file = folder.resolve("a.json");
    Files.writeString(file, Files.readString(file).replace("launch_medians_ns", "unknown"));
    Guard guard = Guard.of(folder, machine, PLAN);
    assertTrue(guard.complaint(row("a", 1.6, 120)).orElseThrow().contains("was 2.00"));
    assertTrue(guard.complaint(row("a", 1.8, 120)).isEmpty());
  }

  /** Not even when later launches reach the earlier ratio. */
  @Test
  void aLaunchThatFellToATenthIsNotForgotten(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, PLAN, row("a", 2.0));
    Guard guard = Guard.of(folder, machine, PLAN);
    Row row = row("a", 0.2, 1000);
    assertEquals(List.of(), guard.fallen(List.of(row), (again, round) -> add(again, 2.0, 100)));
    assertEquals(List.of(1), row.samples().get(Provider.ATTUNE).fallenLaunches());
  }

  @Test
  void aPeerThatGotFasterIsNoFaultOfOurs(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, PLAN, row("a", 2.0));
    Guard guard = Guard.of(folder, machine, PLAN);
    assertTrue(guard.complaint(row("a", 1.6, 104)).isEmpty());
    assertTrue(guard.complaint(row("a", 1.6, 106)).isPresent());
  }

  @Test
  void refusesRatiosOfOtherThreads(@TempDir Path folder) throws Exception {
    Path base = folder.resolve("earlier");
    ResultsFile.write(base, machine, PLAN, PEAK, List.of(row("a", 2.0)));
    InputException thrown =
        assertThrows(
            InputException.class, () -> Guard.of(Path.of(base + ".json"), machine, Plan.quick(3)));
    assertTrue(thrown.getMessage().contains("its threads is 1, here it is 3"), thrown.getMessage());
  }

  @Test
  void ofAFolderTheNewestThatFitsCounts(@TempDir Path folder) throws Exception {
    write(folder, "c", 1, PLAN, row("a", 2.0), row("b", 2.0));
    write(folder, "b", 2, PLAN, row("a", 3.0));
    write(folder, "a", 3, Plan.quick(3), row("a", 9.0));
    Guard guard = Guard.of(folder, machine, PLAN);
    assertTrue(guard.complaint(row("a", 2.5, 120)).orElseThrow().contains("was 3.00"));
    assertTrue(guard.complaint(row("b", 1.6, 120)).orElseThrow().contains("was 2.00"));
    guard.requireAll(List.of(raced("a"), raced("b")), PLAN.providers());
    InputException thrown =
        assertThrows(
            InputException.class,
            () -> guard.requireAll(List.of(raced("a"), raced("new")), PLAN.providers()));
    assertTrue(thrown.getMessage().contains("no earlier ratio of x / new"), thrown.getMessage());
    thrown =
        assertThrows(
            InputException.class,
            () -> guard.requireAll(List.of(raced("a")), List.of(Provider.ATTUNE)));
    assertTrue(
        thrown.getMessage().contains("no contest chosen has two providers"), thrown.getMessage());
  }

  @Test
  void whatIsNoResultIsNoPass(@TempDir Path folder) throws Exception {
    for (String text : List.of("", "[]", "null", "{\"contests\": 3}")) {
      Path file = Files.writeString(folder.resolve("a.json"), text);
      InputException thrown =
          assertThrows(InputException.class, () -> Guard.of(file, machine, PLAN));
      assertTrue(thrown.getMessage().contains("holds no contests"), thrown.getMessage());
    }
  }

  @Test
  void aRatioWithoutTimesIsNoPass(@TempDir Path folder) throws Exception {
    Path base = folder.resolve("earlier");
    ResultsFile.write(base, machine, PLAN, PEAK, List.of(row("a", 2.0)));
    Path file = Path.of(base + ".json");
    Files.writeString(file, Files.readString(file).replace("\"providers\"", "\"others\""));
    InputException thrown = assertThrows(InputException.class, () -> Guard.of(file, machine, PLAN));
    assertTrue(thrown.getMessage().contains("has a ratio but no times"), thrown.getMessage());
  }

  @Test
  void aFolderWithNothingThatFitsIsNoPass(@TempDir Path folder) throws Exception {
    write(folder, "a", 1, Plan.quick(3), row("a", 9.0));
    InputException thrown =
        assertThrows(InputException.class, () -> Guard.of(folder, machine, PLAN));
    assertTrue(
        thrown.getMessage().contains("it holds no results of " + machine.processor()),
        thrown.getMessage());
    assertTrue(thrown.getMessage().contains("with 1 threads and wall time"), thrown.getMessage());
  }

  private void write(Path folder, String name, int day, Plan plan, Row... rows) throws Exception {
    Machine then =
        new Machine(
            machine.processor(),
            machine.cores(),
            machine.java(),
            machine.system(),
            LocalDate.of(2026, 1, day),
            0);
    ResultsFile.write(folder.resolve(name), then, plan, PEAK, List.of(rows));
  }

  private static Row raced(String shape) {
    Contest.Entry entry =
        threads -> {
          throw new AssertionError("not to be opened");
        };
    return new Row(
        Questions.all().getFirst(),
        Contest.of(
            "x",
            shape,
            Amount.once(),
            0,
            Map.of(Provider.ATTUNE, entry, Provider.LIBTORCH, entry)));
  }

  @Test
  void aLaunchThatFellToATenthIsNamed() {
    Samples samples = new Samples();
    samples.add(new double[] {10, 11, 12});
    samples.add(new double[] {110, 120, 130});
    samples.add(new double[] {10, 10, 500});
    assertEquals(List.of(2), samples.fallenLaunches());
  }

  @Test
  void ratiosAreOfNeighbouringSlices() {
    Samples ours = new Samples();
    Samples theirs = new Samples();
    // The machine slowed down ten times in between; the ratio did not change.
    ours.add(new double[] {10, 100, 100, 10});
    theirs.add(new double[] {20, 200, 200, 20});
    assertEquals(2, ours.timesFasterThan(theirs), 1e-12);
  }

  private static Row row(String shape, double ratio) {
    return row(shape, ratio, 100);
  }

  /** Ours takes so many microseconds, the peer {@code ratio} times as many. */
  private static Row row(String shape, double ratio, double ours) {
    Contest contest = Contest.of("x", shape, Amount.once(), 0, new EnumMap<>(Provider.class));
    Row row = new Row(Questions.all().getFirst(), contest);
    add(row, ratio, ours);
    return row;
  }

  /** One launch more. */
  private static void add(Row row, double ratio, double ours) {
    row.samples()
        .computeIfAbsent(Provider.ATTUNE, p -> new Samples())
        .add(new double[] {ours * 1e3});
    row.samples()
        .computeIfAbsent(Provider.LIBTORCH, p -> new Samples())
        .add(new double[] {ours * 1e3 * ratio});
  }
}
