package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.format.Safetensors;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever ends a run, the resumed one computes the very bits of an uninterrupted one. */
class SurvivingRunTest {
  private static final int EPOCHS = 2;
  private static Device device;
  private static ClipModel model;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    device = Devices.open("cpu:1").device();
    model = TinyBehavior.model(device);
  }

  @AfterAll
  static void close() {
    model.close();
    device.close();
  }

  /** Stands for the end of the process: nothing catches it. */
  private static final class Death extends Error {
    @Serial private static final long serialVersionUID = 1L;
  }

  private static TrainingResult train(Path path, int epochs, RunFiles files, BooleanSupplier stop) {
    try (RunFolder run = RunFolder.open(path, RunFolder.Existing.RESUME, files);
        BehaviorTrainer trainer =
            new BehaviorTrainer(
                device, model.clip(), TinyBehavior.data(), TinyBehavior.settings(2, 1, epochs))) {
      run.writeJson(RunFolder.CONFIG, Map.of("stage", BehaviorConfig.STAGE));
      return trainer.train(run, Progress.NONE, stop);
    }
  }

  private static TrainingResult trainToTheEnd(Path path, int epochs) {
    return train(path, epochs, RunFiles.unobserved(), () -> false);
  }

  /** All that must be equal: metrics without speed, and every tensor of both checkpoints. */
  private static Map<String, Object> outcome(Path run) throws IOException {
    Map<String, Object> outcome = new TreeMap<>();
    for (EpochMetrics row : MetricsFile.read(run.resolve(RunFolder.METRICS))) {
      outcome.put(
          "epoch " + row.epoch(),
          row.trainLoss() + " " + row.validationLoss() + " " + row.spearman());
    }
    try (Stream<Path> files = Files.list(run.resolve(RunFolder.CHECKPOINTS))) {
      for (Path file : files.filter(Checkpoints::isCheckpoint).toList()) {
        String kind = file.getFileName().toString().substring(0, 5);
        try (Safetensors source = Safetensors.open(file)) {
          for (String name : source.names()) {
            outcome.put(kind + name, Arrays.hashCode(source.read(name)));
          }
        }
      }
    }
    return outcome;
  }

  @Test
  void dyingAtAnyMomentOfAnyWriteChangesNothing() throws IOException {
    Path whole = folder.resolve("whole");
    int[] moments = {0};
    train(whole, EPOCHS, new RunFiles((moment, file) -> moments[0]++), () -> false);
    Map<String, Object> expected = outcome(whole);
    assertEquals(EPOCHS, expected.keySet().stream().filter(k -> k.startsWith("epoch")).count());
    assertTrue(moments[0] > 20, "moments at which to die: " + moments[0]);
    for (int death = 0; death < moments[0]; death++) {
      Path run = folder.resolve("death" + death);
      assertTrue(dies(run, death), "no moment " + death);
      trainToTheEnd(run, EPOCHS);
      assertEquals(expected, outcome(run), "died at moment " + death);
    }
  }

  private static boolean dies(Path run, int at) {
    int[] moments = {0};
    RunFiles.Observer observer =
        (moment, file) -> {
          if (moments[0]++ == at) {
            throw new Death();
          }
        };
    try {
      train(run, EPOCHS, new RunFiles(observer), () -> false);
      return false;
    } catch (Death e) {
      return true;
    }
  }

  @Test
  void dyingAgainAndAgainChangesNothing() throws IOException {
    Path whole = folder.resolve("whole");
    trainToTheEnd(whole, EPOCHS);
    long seed = 41;
    System.out.println("random deaths, seed " + seed);
    Path run = folder.resolve("run");
    Philox philox = new Philox(new PhiloxKey(seed, 1, 0));
    int deaths = 0;
    while (dies(run, 1 + philox.nextInt(12))) {
      deaths++;
    }
    assertTrue(deaths > 2, "deaths: " + deaths);
    assertEquals(outcome(whole), outcome(run));
  }

  @Test
  void stoppingAfterAnyStepChangesNothing() throws IOException {
    Path whole = folder.resolve("whole");
    TrainingResult uninterrupted = trainToTheEnd(whole, 2);
    // Asked after each of 6 batches of cached images, each of an epoch's 3 steps, and the epoch.
    int batches = 6;
    for (int asked : new int[] {2, batches + 1, batches + 3, batches + 4, batches + 7}) {
      Path run = folder.resolve("stop" + asked);
      int[] left = {asked};
      TrainingResult first = train(run, 2, RunFiles.unobserved(), () -> --left[0] <= 0);
      assertTrue(first.interrupted());
      assertEquals(
          Math.max(0, asked < batches + 4 ? asked - batches : asked - batches - 1), first.steps());
      TrainingResult second = trainToTheEnd(run, 2);
      assertFalse(second.interrupted());
      assertEquals(uninterrupted.steps(), second.steps());
      assertEquals(outcome(whole), outcome(run), "stopped when asked time " + asked);
    }
  }

  @Test
  void aFinishedRunGoesOnToMoreEpochs() throws IOException {
    Path whole = folder.resolve("whole");
    trainToTheEnd(whole, EPOCHS);
    Path run = folder.resolve("run");
    trainToTheEnd(run, 1);
    trainToTheEnd(run, EPOCHS);
    assertEquals(outcome(whole), outcome(run));
  }

  @Test
  void aKilledProcessIsResumed() throws IOException, InterruptedException {
    Path run = folder.resolve("killed");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                SurvivingRunTest.class.getName(),
                run.toString())
            .inheritIO()
            .start();
    Path metrics = run.resolve(RunFolder.METRICS);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!(Files.exists(metrics) && MetricsFile.read(metrics).size() >= 3)) {
      assertTrue(process.isAlive() && System.nanoTime() < end, "the process did not train");
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor();
    int epochs = Checkpoints.lastState(run).orElseThrow().epoch() + 2;
    trainToTheEnd(run, epochs);
    Path whole = folder.resolve("whole");
    trainToTheEnd(whole, epochs);
    assertEquals(outcome(whole), outcome(run));
  }

  /** Trains without end in the folder given, to be killed. */
  public static void main(String[] args) {
    open();
    trainToTheEnd(Path.of(args[0]), 1_000_000);
  }
}
