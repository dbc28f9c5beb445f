package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.format.Safetensors;
import io.attune.hba.MegPreset;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both MEG stages on the CPU: what trains when, what decides, and that a resumed run is the same.
 */
class MegTrainerTest {
  private static Device device;
  private static ClipModel model;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    device = Devices.open("cpu").device();
    model = TinyBehavior.model(device);
  }

  @AfterAll
  static void close() {
    model.close();
    device.close();
  }

  static Stream<MegSettings> settings() {
    return Stream.of(MegPreset.PAPER, MegPreset.PAPER_V1, MegPreset.CORRECTED)
        .flatMap(preset -> Stream.of(TinyMeg.group(preset, 6), TinyMeg.individual(preset, 6)));
  }

  private MegResult train(
      MegSettings settings, String name, RunFolder.Existing existing, BooleanSupplier stop) {
    try (RunFolder run = RunFolder.open(folder.resolve(name), existing)) {
      if (existing == RunFolder.Existing.REFUSE) {
        run.writeText(RunFolder.CONFIG, "{}");
      }
      try (MegTrainer trainer =
          new MegTrainer(device, model.clip(), TinyMeg.data(), settings, run)) {
        return trainer.train(Progress.NONE, stop);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void anInterruptedRunGoesOnToTheSameBits(MegSettings settings) throws Exception {
    MegResult whole = train(settings, "whole", RunFolder.Existing.REFUSE, () -> false);
    assertFalse(whole.interrupted());
    assertEquals(
        List.of(MegStageName.A, MegStageName.A, MegStageName.A, MegStageName.B),
        whole.metrics().stream().map(MegEpoch::stage).limit(4).toList());
    MegResult part = null;
    for (int round = 0; part == null || part.interrupted(); round++) {
      AtomicInteger asked = new AtomicInteger();
      // The cache takes a step or more of every stage A; each round gets further than the last.
      int allowed = 9 + round;
      part =
          train(
              settings,
              "parts",
              round == 0 ? RunFolder.Existing.REFUSE : RunFolder.Existing.RESUME,
              () -> asked.incrementAndGet() >= allowed);
      assertTrue(round < 50, "never ends");
    }
    for (int e = 0; e < whole.metrics().size(); e++) {
      MegEpoch a = whole.metrics().get(e);
      MegEpoch b = part.metrics().get(e);
      assertEquals(a.trainLoss(), b.trainLoss(), "epoch " + (e + 1));
      assertEquals(a.parts(), b.parts(), "epoch " + (e + 1));
    }
    assertEquals(whole.best(), part.best());
    DeviceRuns.assertSameBits(folder.resolve("whole"), folder.resolve("parts"));
    String csv = Files.readString(folder.resolve("parts").resolve(RunFolder.METRICS));
    assertTrue(csv.startsWith(MegEpoch.HEADER + "\n1,A,"), csv);
    assertEquals(1 + whole.metrics().size(), csv.lines().count());
  }

  @Test
  void stageALeavesTheAdaptersAloneAndStageBMovesThem() {
    MegSettings settings = TinyMeg.group(MegPreset.PAPER, 6);
    train(settings, "run", RunFolder.Existing.REFUSE, () -> false);
    try (Safetensors last = Safetensors.open(last("run"))) {
      assertTrue(last.names().stream().noneMatch(name -> name.endsWith(".m")));
      // Layer weights, A and Bm of four blocks, each with two moments.
      assertEquals(3 * (1 + 2 * 4), last.names().size());
      for (String name : last.names()) {
        assertTrue(sum(last.read(name)) > 0, name);
      }
    }
    AtomicInteger asked = new AtomicInteger();
    train(settings, "first", RunFolder.Existing.REFUSE, () -> asked.incrementAndGet() > 12);
    try (Safetensors first = Safetensors.open(last("first"));
        Safetensors last = Safetensors.open(last("run"))) {
      for (String name : first.names()) {
        if (name.startsWith("adamw.") && !name.endsWith("layer_weights")) {
          assertEquals(0, sum(first.read(name)), name);
        }
        if (name.endsWith(".A")) {
          assertFalse(Arrays.equals(first.read(name), last.read(name)), name);
        }
      }
    }
  }

  @Test
  void magnitudesTrainInV1() {
    train(TinyMeg.group(MegPreset.PAPER_V1, 6), "v1", RunFolder.Existing.REFUSE, () -> false);
    try (Safetensors last = Safetensors.open(last("v1"))) {
      assertEquals(
          4,
          last.names().stream()
              .filter(n -> n.endsWith(".m"))
              .filter(n -> !n.startsWith("adamw."))
              .count());
    }
  }

  @Test
  void lossesAreOneAtTheStart() {
    MegResult result =
        train(TinyMeg.group(MegPreset.PAPER, 2), "run", RunFolder.Existing.REFUSE, () -> false);
    assertTrue(Double.isFinite(result.normalizers().generalization()));
    if (result.best().epoch() == 0) {
      assertEquals(1.25, result.best().loss(), 1e-12);
      assertEquals(result.normalizers().pearson(), result.best().pearson());
    }
  }

  @Test
  void membershipIsFixedInTheGroupAndDrawnForIndividuals() {
    MegBatches fixed = new MegBatches(52, 7, 10, false, 3);
    // Two images are left over: they join the batch before.
    assertEquals(List.of(12, 10, 7), fixed.sizes());
    assertArrayEquals(sorted(fixed.trainingBatches(1)), sorted(fixed.trainingBatches(2)));
    assertFalse(Arrays.deepEquals(fixed.trainingBatches(1), fixed.trainingBatches(2)));
    MegBatches drawn = new MegBatches(52, 7, 10, true, 3);
    assertFalse(
        Arrays.deepEquals(sorted(drawn.trainingBatches(1)), sorted(drawn.trainingBatches(2))));
    assertEquals(
        52,
        Arrays.stream(drawn.trainingBatches(5)).flatMapToInt(Arrays::stream).distinct().count());
  }

  private static int[][] sorted(int[][] batches) {
    return Arrays.stream(batches)
        .sorted((a, b) -> Integer.compare(a[0], b[0]))
        .toArray(int[][]::new);
  }

  private Path last(String run) {
    try (Stream<Path> files = Files.list(folder.resolve(run).resolve(RunFolder.CHECKPOINTS))) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("last-"))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += Math.abs(value);
    }
    return sum;
  }
}
