package io.attune.cli;

import static io.attune.cli.Terminal.ok;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.format.Safetensors;
import io.attune.train.Checkpoints;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that train MEG models are killed; what is resumed ends with the same bits. */
class MegKillTest {
  private static final int KILLED = 128 + 9;

  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    things = temp.resolve("things");
    model = temp.resolve("model");
    MegFiles.draw(temp, 30, "both");
    MegFiles.condenseGroup(temp, 30);
    MegFiles.condensePeople(temp, "1,2");
  }

  private static String tune(String stage, String target, String more, Path out) {
    return "finetune %s --model %s --things %s --target %s --device cpu:1 --rank 2 --batch 5 %s --out %s"
        .formatted(stage, model, things, temp.resolve(target), more, out);
  }

  /** How a process is ended from outside. */
  private interface End {
    void of(Process process) throws Exception;
  }

  /** Runs the command in a process of its own and ends that as soon as it has printed a line. */
  private static String end(String command, String line, End end, int status) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Attune.class.getName()));
    arguments.addAll(Arrays.asList(command.split(" ")));
    Process process =
        new ProcessBuilder(Signals.listening(arguments))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    StringBuilder rest = new StringBuilder();
    try (BufferedReader errors = process.errorReader()) {
      String found = errors.readLine();
      while (found != null && !found.contains(line)) {
        found = errors.readLine();
      }
      end.of(process);
      assertNotNull(found, "it ended without: " + line);
      errors.lines().forEach(left -> rest.append(left).append('\n'));
    }
    assertEquals(status, process.waitFor(), rest.toString());
    return rest.toString();
  }

  private static void kill(String command, String line) throws Exception {
    end(command, line, process -> process.toHandle().destroyForcibly(), KILLED);
  }

  /** All but speeds. */
  private static List<String> metrics(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.csv")).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',')))
        .toList();
  }

  private static void assertSame(Path whole, Path killed) throws IOException {
    assertEquals(metrics(whole), metrics(killed));
    try (Safetensors a = Safetensors.open(Checkpoints.best(whole));
        Safetensors b = Safetensors.open(Checkpoints.best(killed))) {
      assertEquals(a.names(), b.names());
      for (String name : a.names()) {
        assertArrayEquals(a.read(name), b.read(name), name);
      }
    }
  }

  @Test
  void aGroupsRunIsKilledInEitherStage() throws Exception {
    String settings = "--patience 4 --epochs 40 --preset corrected";
    Path whole = temp.resolve("whole");
    ok(tune("meg", "group.npy", settings, whole));
    List<String> rows = metrics(whole);
    int first = (int) rows.stream().filter(row -> row.matches("\\d+,A,.*")).count();
    int second = rows.size() - 1 - first;
    assertTrue(first >= 4 && second >= 4, first + " epochs of stage A, " + second + " of stage B");
    for (String stage : List.of("A", "B")) {
      Path run = temp.resolve("killed-" + stage);
      String command = tune("meg", "group.npy", settings, run);
      int epoch = stage.equals("A") ? 2 : first + 1;
      kill(command, "epoch %3d %s".formatted(epoch, stage));
      assertTrue(metrics(run).size() < rows.size());
      ok(command + " --resume");
      assertSame(whole, run);
    }
  }

  @Test
  void participantsAreEndedTogether() throws Exception {
    String settings = "--epochs 16 --patience 16 --jobs 2";
    Path whole = temp.resolve("people");
    ok(tune("participant", "person-{p}.npy", settings, whole));
    Path killed = temp.resolve("killed-people");
    String command = tune("participant", "person-{p}.npy", settings, killed);
    // All lines are of one participant, since the other may be far ahead; each leaves room behind.
    kill(command, "participant 1: epoch   2 A");
    String told =
        end(
            command + " --resume",
            "participant 1: epoch  11 B",
            Signals::interrupt,
            Interruption.STATUS);
    assertTrue(told.contains("interrupted and saved"), told);
    kill(command + " --resume", "participant 1: epoch  14 B");
    ok(command + " --resume");
    for (String one : List.of("participant-01", "participant-02")) {
      assertEquals(17, metrics(whole.resolve(one)).size());
      assertSame(whole.resolve(one), killed.resolve(one));
    }
    String summary = "participants.csv";
    assertEquals(-1, Files.mismatch(whole.resolve(summary), killed.resolve(summary)));
  }
}
