package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import io.attune.hba.AdapterKind;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole behaviour runs on every device but the CPU, which is what they are held against. */
class DeviceRunsTest {
  private static final int EPOCHS = 3;

  /**
   * Of losses: one float32 rounding is 6e-8, and some hundreds of them on a value's way add up like
   * a random walk; nine steps of AdamW carry them on.
   */
  private static final double LOSS_TOLERANCE = 2e-6;

  /** Of the norm of a parameter; AdamW moves one whose gradient is rounding by a whole step. */
  private static final double PARAMETER_TOLERANCE = 1e-5;

  /** Of losses in bf16, whose operands have relative errors of 2^-9 = 2e-3. */
  private static final double BF16_TOLERANCE = 1e-2;

  @TempDir Path folder;

  static Stream<Arguments> runs() {
    return DeviceRuns.others().stream()
        .flatMap(
            name ->
                Stream.of(AdapterKind.values())
                    .flatMap(
                        kind ->
                            Stream.of(CacheLimit.AUTO, CacheLimit.OFF)
                                .map(cache -> Arguments.of(name, kind, cache))));
  }

  static List<String> others() {
    return DeviceRuns.others();
  }

  private TrainingResult train(
      String device, Precision precision, BehaviorSettings settings, String name) {
    try (Device opened = Devices.open(device, precision).device();
        ClipModel model = TinyBehavior.model(opened);
        RunFolder run = RunFolder.open(folder.resolve(name), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer =
            new BehaviorTrainer(opened, model.clip(), TinyBehavior.data(), settings)) {
      return trainer.train(run, Progress.NONE, () -> false);
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("runs")
  void aRunIsThatOfTheCpu(String device, AdapterKind kind, CacheLimit cache) {
    BehaviorSettings settings = TinyBehavior.settings(kind, 2, 1, EPOCHS).withCache(cache);
    TrainingResult expected = train("cpu", Precision.F32, settings, "cpu");
    TrainingResult found = train(device, Precision.F32, settings, "other");
    double worst = DeviceRuns.compareLosses(expected, found, LOSS_TOLERANCE);
    double worstParameter =
        DeviceRuns.compareTrained(
            folder.resolve("cpu"), folder.resolve("other"), PARAMETER_TOLERANCE);
    System.out.printf(
        "%s, %s, cache %s: losses within %.1e, parameters within %.1e of the CPU's%n",
        device, kind, cache.kind(), worst, worstParameter);
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void aRunInBf16StaysNearAndLearns(String device) {
    for (CacheLimit cache : List.of(CacheLimit.AUTO, CacheLimit.OFF)) {
      BehaviorSettings settings = TinyBehavior.settings(2, 1, 2 * EPOCHS).withCache(cache);
      TrainingResult f32 = train("cpu", Precision.F32, settings, "f32-" + cache.kind());
      TrainingResult bf16 = train(device, Precision.BF16, settings, "bf16-" + cache.kind());
      double worst = DeviceRuns.compareLosses(f32, bf16, BF16_TOLERANCE);
      double first = bf16.metrics().getFirst().trainLoss();
      double last = bf16.metrics().getLast().trainLoss();
      System.out.printf(
          "%s in bf16, cache %s: losses within %.1e of f32; %.3f -> %.3f%n",
          device, cache.kind(), worst, first, last);
      assertTrue(last < 0.95 * first, first + " to " + last);
    }
  }

  /** Neither replaying a graph nor the order of threads is seen in a bit of the results. */
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void runsRepeatBitByBit(String device) {
    for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
      BehaviorSettings settings = TinyBehavior.settings(2, 1, EPOCHS);
      train(device, precision, settings, precision + "-first");
      train(device, precision, settings, precision + "-second");
      assertSameBits(precision + "-first", precision + "-second");
      if (device.equals("emulated")) {
        train("emulated:7", precision, settings, precision + "-order");
        assertSameBits(precision + "-first", precision + "-order");
      }
      DeviceRuns.withoutGraphs(() -> train(device, precision, settings, precision + "-eager"));
      assertSameBits(precision + "-first", precision + "-eager");
    }
  }

  private void assertSameBits(String first, String second) {
    DeviceRuns.assertSameBits(folder.resolve(first), folder.resolve(second));
  }
}
