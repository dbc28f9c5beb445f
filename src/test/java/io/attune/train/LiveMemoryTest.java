package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Activation;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What lives on the heap while a run trains, against what {@code --dry-run} prints: in a JVM of its
 * own, so that nothing else does, and with the serial collector, since G1 rounds large arrays up to
 * whole regions.
 */
class LiveMemoryTest {
  private static final int TRAIN = 12;
  private static final int VALIDATION = 4;
  private static final int PROMPTS = 10;
  private static final int LENGTH = 6;
  private static final ClipConfig CONFIG =
      new ClipConfig(
          new ClipConfig.Tower(192, 768, 4, 3, Activation.QUICK_GELU, 1e-5),
          96,
          8,
          3,
          new ClipConfig.Tower(64, 256, 2, 2, Activation.QUICK_GELU, 1e-5),
          40,
          8,
          39,
          64,
          2.3);

  @TempDir Path folder;

  /** The largest that was live at a step, or while caches were filled. */
  private static final class Peak implements Progress, Progress.Task {
    private final long before = live();
    private long most;

    private static long live() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      return runtime.totalMemory() - runtime.freeMemory();
    }

    void look() {
      most = Math.max(most, live() - before);
    }

    @Override
    public Task start(String what, String unit, long total) {
      return this;
    }

    @Override
    public void advance(long units) {
      look();
    }

    @Override
    public void note(String text) {}

    @Override
    public void message(String line) {}

    @Override
    public void close() {}
  }

  @ParameterizedTest
  @CsvSource({"auto, 4", "auto, 12", "off, 8"})
  void theFormulaIsWithinATenthOfWhatLives(String cache, int batch) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                LiveMemoryTest.class.getName(),
                cache,
                Integer.toString(batch),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    String[] bytes = said.strip().split(" ");
    double ratio = Double.parseDouble(bytes[0]) / Double.parseDouble(bytes[1]);
    System.out.printf(
        "cache %s, batch %d: %s bytes lived, the formula gives %s: %.3f%n",
        cache, batch, bytes[0], bytes[1], ratio);
    assertTrue(ratio > 0.9 && ratio < 1.1, said);
  }

  /** Trains and says how many bytes lived at most, and how many the formula gives. */
  public static void main(String[] arguments) {
    int batch = Integer.parseInt(arguments[1]);
    try (Device device = Devices.open("cpu:1").device()) {
      // Classes, tables and scratch memory are there before anything counts.
      train(device, arguments[0], batch, Path.of(arguments[2], "first"));
      long[] bytes = train(device, arguments[0], batch, Path.of(arguments[2], "second"));
      System.out.println(bytes[0] + " " + bytes[1]);
    }
  }

  private static long[] train(Device device, String cache, int batch, Path folder) {
    BehaviorSettings settings =
        new BehaviorSettings(
            BehaviorPreset.PAPER,
            AdapterKind.DORA,
            2,
            1,
            4,
            2,
            20,
            batch,
            3,
            1e-3,
            0.01,
            CacheLimit.parse(cache));
    BehaviorData data = data();
    Peak peak = new Peak();
    try (ClipModel model = ClipModel.random(CONFIG, device, 7);
        RunFolder run = RunFolder.open(folder, RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer = new BehaviorTrainer(device, model.clip(), data, settings)) {
      trainer.train(
          run,
          peak,
          () -> {
            peak.look();
            return false;
          });
      return new long[] {peak.most, trainer.memoryPlan().total()};
    }
  }

  /** Pixels are drawn when they are asked for, so that none of them are kept. */
  private static BehaviorData data() {
    int pixels = 3 * CONFIG.imageSize() * CONFIG.imageSize();
    Philox draws = new Philox(new PhiloxKey(5, 2, 0));
    float[] targets = new float[(TRAIN + VALIDATION) * PROMPTS];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = 20 * draws.nextFloat();
    }
    int[] ids =
        IntStream.range(0, PROMPTS * LENGTH)
            .map(i -> i % LENGTH == LENGTH - 1 ? 39 : 1 + (7 * i) % 38)
            .toArray();
    return new BehaviorData(
        TRAIN,
        VALIDATION,
        List.of(),
        targets,
        PROMPTS,
        ids,
        LENGTH,
        (index, into, offset) -> {
          Philox philox = new Philox(new PhiloxKey(5, 1, index));
          for (int p = 0; p < pixels; p++) {
            into[offset + p] = (float) philox.nextNormal();
          }
        },
        null);
  }
}
