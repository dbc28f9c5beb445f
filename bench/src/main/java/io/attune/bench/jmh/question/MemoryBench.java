package io.attune.bench.jmh.question;

import io.attune.Progress;
import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Gauges;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Activation;
import io.attune.train.CacheLimit;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * What a behaviour run takes in memory beside the formula that {@code --dry-run} prints, with what
 * is constant cached and not. Two steps; before each of them, and while caches are filled, all
 * garbage is collected and what is left is counted.
 */
public final class MemoryBench implements Question {
  private static final int STEPS = 2;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String description() {
    return "memory of behaviour runs beside the formula of --dry-run";
  }

  /** G1 gives whole regions to large arrays, which would be counted as if they lived. */
  @Override
  public List<String> javaOptions() {
    return List.of("-XX:+UseSerialGC");
  }

  @Override
  public List<Contest> contests() {
    ClipConfig small = ClipArchitecture.VIT_B_32.config();
    ClipConfig large = ClipArchitecture.VIT_L_14.config();
    return List.of(
        contest("vit-b-32", small, 8, "auto"),
        contest("vit-b-32", small, 32, "auto"),
        contest("vit-b-32", small, 8, "off"),
        contest("vit-b-32", small, 32, "off"),
        contest("vit-l-14", large, 4, "auto"),
        contest("vit-l-14", large, 4, "off"));
  }

  @Override
  public List<Contest> samples() {
    ClipConfig.Tower vision = new ClipConfig.Tower(64, 96, 3, 2, Activation.QUICK_GELU, 1e-5);
    ClipConfig.Tower text = new ClipConfig.Tower(64, 96, 2, 1, Activation.QUICK_GELU, 1e-5);
    ClipConfig config = new ClipConfig(vision, 32, 8, 3, text, 50, 9, 49, 48, 2.6592);
    return List.of(contest("small", config, 3, "auto"), contest("small", config, 3, "off"));
  }

  private static Contest contest(String name, ClipConfig config, int batch, String cache) {
    return Contest.of(
            "memory",
            "%s batch %d, %s".formatted(name, batch, cache.equals("off") ? "uncached" : "cached"),
            Amount.items(batch, "images", 0),
            0,
            Map.of(
                Provider.ATTUNE,
                threads ->
                    new WholeRun(
                        threads, device -> run(device, config, batch, CacheLimit.parse(cache)))))
        .paced(Contest.Pace.WHOLE);
  }

  private static Gauges run(Device device, ClipConfig config, int batch, CacheLimit cache)
      throws IOException {
    int length = 3 * config.imageSize() * config.imageSize();
    TrainingRun run =
        new TrainingRun(
            config,
            batch,
            STEPS,
            (index, into, offset) -> {
              // Drawn when they are asked for, so that none of them are kept.
              Philox draws = new Philox(new PhiloxKey(7, 0, index));
              for (int p = 0; p < length; p++) {
                into[offset + p] = (float) draws.nextNormal();
              }
            });
    Living living = new Living();
    Gauges gauges =
        run.behavior(
            device,
            cache,
            living,
            () -> {
              living.count();
              return false;
            });
    return new Gauges(0, 0, 0, gauges.plannedBytes(), living.most);
  }

  /** The most that lived when it was looked at, beyond what lived before. */
  private static final class Living implements Progress, Progress.Task {
    private final long before = live();
    private long most;

    private static long live() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      return runtime.totalMemory() - runtime.freeMemory();
    }

    void count() {
      most = Math.max(most, live() - before);
    }

    @Override
    public Task start(String what, String unit, long total) {
      return this;
    }

    @Override
    public void advance(long units) {
      count();
    }

    @Override
    public void note(String text) {}

    @Override
    public void message(String line) {}

    @Override
    public void close() {}
  }
}
