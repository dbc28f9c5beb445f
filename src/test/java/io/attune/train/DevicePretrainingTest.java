package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Contrastive runs, where all of a model trains, on every device but the CPU. */
class DevicePretrainingTest {
  private static final int EPOCHS = 3;

  /** Of losses; see {@link DeviceRunsTest}: here gradients pass both towers, down to the pixels. */
  private static final double LOSS_TOLERANCE = 2e-6;

  /** Of the norm of a parameter. */
  private static final double PARAMETER_TOLERANCE = 1e-4;

  /** Of losses in bf16, whose operands have relative errors of 2^-9 = 2e-3. */
  private static final double BF16_TOLERANCE = 2e-2;

  @TempDir static Path pictures;
  private static TinyContrastive tiny;

  @TempDir Path folder;

  @BeforeAll
  static void drawPictures() throws IOException {
    tiny = new TinyContrastive(pictures);
  }

  static List<String> others() {
    return DeviceRuns.others();
  }

  private TrainingResult train(String device, Precision precision, String name) {
    return train(device, precision, name, RunFolder.Existing.REFUSE, () -> false);
  }

  private TrainingResult train(
      String device,
      Precision precision,
      String name,
      RunFolder.Existing existing,
      BooleanSupplier stop) {
    try (Device opened = Devices.open(device, precision).device();
        RunFolder run = RunFolder.open(folder.resolve(name), existing)) {
      run.writeJson(RunFolder.CONFIG, name);
      return tiny.train(opened, run, EPOCHS, stop);
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void aRunIsThatOfTheCpuAndInBf16NearIt(String device) {
    TrainingResult expected = train("cpu", Precision.F32, "cpu");
    TrainingResult found = train(device, Precision.F32, "other");
    double worst = DeviceRuns.compareLosses(expected, found, LOSS_TOLERANCE);
    double worstParameter =
        DeviceRuns.compareTrained(
            folder.resolve("cpu"), folder.resolve("other"), PARAMETER_TOLERANCE);
    TrainingResult bf16 = train(device, Precision.BF16, "bf16");
    double near = DeviceRuns.compareLosses(expected, bf16, BF16_TOLERANCE);
    double first = bf16.untrained().validationLoss();
    double[] losses = DeviceRuns.losses(bf16);
    double begin = losses[1];
    double end = losses[losses.length - 2];
    System.out.printf(
        "%s: losses within %.1e, parameters within %.1e of the CPU's; in bf16 within %.1e, training"
            + " %.4f -> %.4f, validation before %.4f%n",
        device, worst, worstParameter, near, begin, end, first);
    assertTrue(end < 0.95 * begin, begin + " to " + end);
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void runsRepeatBitByBit(String device) {
    for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
      train(device, precision, precision + "-first");
      train(device.equals("emulated") ? "emulated:7" : device, precision, precision + "-second");
      DeviceRuns.withoutGraphs(() -> train(device, precision, precision + "-eager"));
      for (String other : List.of("-second", "-eager")) {
        DeviceRuns.assertSameBits(
            folder.resolve(precision + "-first"), folder.resolve(precision + other));
      }
    }
  }

  /** Weights that products read in bf16 are copies, which must follow what a checkpoint brings. */
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void aRunInBf16GoesOnAsIfItHadNotBeenInterrupted(String device) {
    TrainingResult whole = train(device, Precision.BF16, "whole");
    int[] steps = {0};
    TrainingResult broken =
        train(device, Precision.BF16, "broken", RunFolder.Existing.REFUSE, () -> ++steps[0] >= 5);
    assertTrue(broken.interrupted());
    TrainingResult resumed =
        train(device, Precision.BF16, "broken", RunFolder.Existing.RESUME, () -> false);
    assertArrayEquals(DeviceRuns.losses(whole), DeviceRuns.losses(resumed));
    DeviceRuns.assertSameBits(folder.resolve("whole"), folder.resolve("broken"));
  }
}
