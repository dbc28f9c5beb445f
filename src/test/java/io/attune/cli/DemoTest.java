package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.synthetic.SyntheticSettings;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.MegPreset;
import io.attune.train.BehaviorSettings;
import io.attune.train.CacheLimit;
import io.attune.train.MegSettings;
import io.attune.train.MegSettings.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo's stages at a small size, on random weights; how much they gain is the nightly's matter.
 */
class DemoTest {
  private static final Set<DemoStage> ALL = EnumSet.allOf(DemoStage.class);
  private static final DemoSettings SMALL =
      new DemoSettings(
          new SyntheticSettings(60, 32, 1, 3),
          new io.attune.data.synthetic.MegSettings(true, true, 4, 40, 30, 50, 400, 0.5),
          new BehaviorSettings(
              BehaviorPreset.CORRECTED,
              AdapterKind.DORA,
              1,
              1,
              4,
              2,
              2,
              8,
              3,
              1e-3,
              0.01,
              CacheLimit.AUTO),
          new MegSettings(Scope.GROUP, MegPreset.CORRECTED, 4, 2, 1, 1, true, 10, 3, 0.01),
          new MegSettings(Scope.INDIVIDUAL, MegPreset.CORRECTED, 2, 2, 1, 1, true, 10, 3, 0.01));

  @TempDir private Path temp;
  private Path model;

  @BeforeEach
  void makeModel() {
    model = temp.resolve("model");
    assertEquals(0, Terminal.run("init", "--arch", "tiny", "--out", model.toString()).status());
  }

  private Optional<List<DemoResult>> run(Path out, Set<DemoStage> stages, boolean overwrite) {
    DemoFolder folder = new DemoFolder(out);
    folder.prepare(stages, SMALL.data(), overwrite);
    return run(folder, stages, () -> false);
  }

  private Optional<List<DemoResult>> run(
      DemoFolder folder, Set<DemoStage> stages, BooleanSupplier stop) {
    try (Device device = Devices.open("cpu").device()) {
      DemoDevice two =
          new DemoDevice(
              device,
              2,
              callers ->
                  IntStream.range(0, callers)
                      .mapToObj(i -> Devices.open("cpu:1").device())
                      .toList());
      return new Demo(folder, model, SMALL, two, Progress.NONE).run(stages, stop);
    }
  }

  @Test
  void interruptedDemosGoOn() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    DemoFolder whole = new DemoFolder(temp.resolve("whole"));
    whole.prepare(ALL, SMALL.data(), false);
    run(
            whole,
            ALL,
            () -> {
              asked.incrementAndGet();
              return false;
            })
        .orElseThrow();
    int each = asked.get() / 6;
    assertTrue(each > 3, asked + " times asked");

    DemoFolder stopped = new DemoFolder(temp.resolve("stopped"));
    stopped.prepare(ALL, SMALL.data(), false);
    Set<DemoStage> left = ALL;
    Set<DemoStage> interrupted = EnumSet.noneOf(DemoStage.class);
    boolean done = false;
    for (int start = 0; !done; start++) {
      assertTrue(start < 20, "it gets nowhere");
      AtomicInteger allowed = new AtomicInteger(each + start);
      done = run(stopped, left, () -> allowed.decrementAndGet() < 0).isPresent();
      left = stopped.resume(ALL, SMALL.data());
      left.stream().findFirst().ifPresent(interrupted::add);
    }
    assertEquals(ALL, interrupted, "each stage was interrupted");
    assertEquals(Set.of(), left);
    for (String table :
        List.of("scores", "meg-courses", "meg-weights", "people-participants", "people-views")) {
      String file = table + ".csv";
      assertEquals(
          Files.readString(whole.path().resolve(file)),
          Files.readString(stopped.path().resolve(file)),
          file);
    }
    assertThrows(
        InputException.class, () -> stopped.resume(ALL, new SyntheticSettings(60, 32, 1, 4)));
    assertThrows(InputException.class, () -> new DemoFolder(model).resume(ALL, SMALL.data()));
  }

  @Test
  void goesFromNothingToThreeReportsAndAgain() throws Exception {
    Path out = temp.resolve("demo");
    List<DemoResult> results = run(out, ALL, false).orElseThrow();
    assertEquals(List.of(DemoStage.values()), results.stream().map(DemoResult::stage).toList());
    for (DemoResult result : results) {
      String page = Files.readString(out.resolve(result.stage().page()));
      assertTrue(page.length() > 1_000_000);
      for (DemoStage other : DemoStage.values()) {
        assertEquals(other != result.stage(), page.contains("<a href=\"" + other.page() + "\">"));
      }
      for (DemoGoal goal : result.goals()) {
        assertTrue(Double.isFinite(goal.value()), goal.toString());
      }
    }
    assertTrue(Files.exists(out.resolve("meg-weights.csv")));
    assertTrue(Files.exists(out.resolve("people-individuality.csv")));
    String scores = Files.readString(out.resolve("scores.csv"));
    assertEquals(8, scores.lines().count(), scores);

    Path again = temp.resolve("again");
    run(again, ALL, false);
    assertEquals(scores, Files.readString(again.resolve("scores.csv")), "same seed, same scores");

    Path own = Files.writeString(out.resolve("notes.txt"), "mine");
    assertThrows(InputException.class, () -> run(out, ALL, false));
    assertThrows(InputException.class, () -> run(out, ALL, true), "notes.txt is left");
    assertTrue(Files.exists(own));
    assertFalse(Files.exists(out.resolve("things")));
    assertFalse(Files.exists(out.resolve("scores.csv")));
    Files.delete(own);
    new DemoFolder(out).prepare(ALL, SMALL.data(), true);
  }

  @Test
  void eachStageRunsByItself() throws Exception {
    Path out = temp.resolve("demo");
    List<DemoResult> people = run(out, EnumSet.of(DemoStage.PARTICIPANT), false).orElseThrow();
    assertEquals(DemoStage.PARTICIPANT, people.getFirst().stage());
    assertFalse(Files.exists(out.resolve("report.html")));
    Path note = Files.writeString(out.resolve("notes.txt"), "mine");

    run(out, EnumSet.of(DemoStage.MEG), false).orElseThrow();
    assertTrue(Files.readString(out.resolve("meg.html")).contains("<a href=\"people.html\">"));
    assertTrue(
        assertThrows(InputException.class, () -> run(out, EnumSet.of(DemoStage.MEG), false))
            .getMessage()
            .contains("--overwrite"));
    run(out, EnumSet.of(DemoStage.MEG), true).orElseThrow();
    assertTrue(Files.exists(out.resolve("people.html")), "another stage's is left alone");
    assertTrue(Files.exists(note));
    String scores = Files.readString(out.resolve("scores.csv"));
    assertEquals(1 + 3 + 2, scores.lines().count(), "of both stages: " + scores);
    assertThrows(
        InputException.class,
        () ->
            new DemoFolder(out)
                .prepare(EnumSet.of(DemoStage.BEHAVIOR), new SyntheticSettings(60, 32, 1, 4), true),
        "other data");
  }

  @Test
  void aFolderOfSomethingElseIsNotTouched() throws Exception {
    Path own = Files.writeString(temp.resolve("report.html"), "mine");
    Terminal.Result result =
        Terminal.run(
            "demo", "--overwrite", "--out", temp.toString(), "--model", "weights/references/names");
    assertEquals(2, result.status());
    assertTrue(result.err().contains("is not empty"), result.err());
    assertEquals("mine", Files.readString(own));
  }
}
