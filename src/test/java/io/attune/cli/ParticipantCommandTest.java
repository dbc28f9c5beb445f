package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.cli.Terminal.Result;
import io.attune.clip.Preprocessing;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.format.Safetensors;
import io.attune.hba.MegPreset;
import io.attune.hba.Prompts;
import io.attune.train.Checkpoints;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import io.attune.train.ParticipantRuns;
import io.attune.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several participants at once: the same results, clean ends. */
class ParticipantCommandTest {
  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    MegFiles.draw(temp, 40, "individual");
    MegFiles.condensePeople(temp, "all");
  }

  private static String command(Path out, String more) {
    return "finetune participant --model %s --things %s --target %s --device cpu:2 --rank 2 --batch 16 --epochs 12 --out %s %s"
        .formatted(model, things, temp.resolve("person-{p}.npy"), out, more)
        .strip();
  }

  private static Path folder(Path runs, int participant) {
    return runs.resolve("participant-%02d".formatted(participant));
  }

  /** All but speeds. */
  private static List<String> metrics(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.csv")).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',')))
        .toList();
  }

  private static void assertSame(Path expected, Path found, int... participants)
      throws IOException {
    for (int p : participants) {
      Path one = folder(expected, p);
      Path other = folder(found, p);
      assertEquals(metrics(one), metrics(other), "participant " + p);
      assertEquals(13, metrics(one).size());
      try (Safetensors a = Safetensors.open(Checkpoints.best(one));
          Safetensors b = Safetensors.open(Checkpoints.best(other))) {
        for (String name : a.names()) {
          assertArrayEquals(a.read(name), b.read(name), name);
        }
      }
    }
  }

  @Test
  void resultsDoNotDependOnJobs() throws IOException {
    Path single = temp.resolve("single");
    Path several = temp.resolve("several");
    Result plan = ok(command(several, "--participants 1,2,3 --jobs 2 --dry-run"));
    assertTrue(plan.out().contains("3 participants, 2 at once, each in up to "), plan.out());
    assertTrue(plan.out().contains("participant 3\n"), plan.out());
    assertTrue(Files.notExists(several));
    Result alone = ok(command(single, "--participants 1,2,3 --jobs 1"));
    Result beside = ok(command(several, "--participants 1,2,3 --jobs 3"));
    assertEquals(alone.out(), beside.out());
    assertSame(single, several, 1, 2, 3);
    assertEquals(
        -1,
        Files.mismatch(single.resolve("participants.csv"), several.resolve("participants.csv")));
    // One resumed alone leaves the others' lines.
    ok(command(several, "--participants 2 --resume"));
    assertEquals(
        -1,
        Files.mismatch(single.resolve("participants.csv"), several.resolve("participants.csv")));
    assertTrue(beside.err().contains("participant 3: epoch   1 A  train"), beside.err());
    assertEquals(
        1,
        beside.err().lines().filter(line -> line.contains("caching features")).count(),
        beside.err());
    stoppedRunsGoOn(single);
  }

  private static MegRun run(Path runs, int participant, RunFolder.Existing existing) {
    return new MegRun(
        model,
        things,
        temp.resolve("person-%d.npy".formatted(participant)),
        folder(runs, participant),
        existing,
        new MegSettings(
            MegSettings.Scope.INDIVIDUAL, MegPreset.PAPER, 2, 12, 10, 10, true, 16, 1, 0.01),
        Preprocessing.PAPER,
        null,
        null,
        Prompts.paper());
  }

  private static boolean train(Path runs, RunFolder.Existing existing, BooleanSupplier stop) {
    List<Device> devices = new ArrayList<>();
    try {
      IntStream.range(0, 2).forEach(_ -> devices.add(Devices.open("cpu:1").device()));
      return new ParticipantRuns(devices, 1L << 28, Progress.NONE)
          .train(
              IntStream.of(1, 2, 3)
                  .mapToObj(p -> new ParticipantRuns.One(p, run(runs, p, existing)))
                  .toList(),
              stop,
              (_, outcome) -> assertFalse(outcome.training().interrupted()));
    } finally {
      devices.forEach(Device::close);
    }
  }

  private static void stoppedRunsGoOn(Path whole) throws IOException {
    Path runs = temp.resolve("stopped");
    AtomicInteger asked = new AtomicInteger();
    assertFalse(train(runs, RunFolder.Existing.REFUSE, () -> asked.incrementAndGet() > 60));
    assertTrue(Files.exists(folder(runs, 1).resolve("metrics.csv")));
    assertTrue(Files.exists(folder(runs, 2).resolve("metrics.csv")));
    assertFalse(Files.exists(folder(runs, 3)), "not begun after the wish to stop");
    assertTrue(train(runs, RunFolder.Existing.RESUME, () -> false));
    assertSame(whole, runs, 1, 2, 3);
  }

  @Test
  void whatFailsEndsTheOthersToo() throws IOException {
    Path runs = temp.resolve("failing");
    Files.createDirectories(runs);
    Files.writeString(folder(runs, 2), "a file where a folder should be");
    InputException e =
        assertThrows(
            InputException.class, () -> train(runs, RunFolder.Existing.RESUME, () -> false));
    assertTrue(e.getMessage().contains("participant-02: is a file"), e.getMessage());
    Files.delete(folder(runs, 2));
    // What had begun was saved: it is there, and not to be overwritten.
    Result other = Terminal.run(command(runs, "--participants 1,2 --jobs 2").split(" "));
    assertEquals(2, other.status());
    assertTrue(other.err().contains("participant-01: exists already"), other.err());
    Path late = temp.resolve("late");
    Files.createDirectories(folder(late, 3));
    Files.writeString(folder(late, 3).resolve("notes.txt"), "mine");
    Result before = Terminal.run(command(late, "--participants 1,2,3 --jobs 1").split(" "));
    assertEquals(2, before.status());
    assertTrue(before.err().contains("participant-03: holds files but no run"), before.err());
    assertFalse(Files.exists(folder(late, 1)), "nothing begins if one cannot");
    Result none = Terminal.run(command(runs, "--jobs 0").split(" "));
    assertEquals(2, none.status());
    assertTrue(none.err().contains("--jobs"), none.err());
  }
}
