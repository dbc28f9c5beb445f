package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageEncoder;
import io.attune.clip.TextEncoder;
import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.device.cuda.WatchedEmulation;
import io.attune.hba.AdapterKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What whole runs hold of the emulated device's driver while they run, and give back. */
class DeviceMemoryTest {
  @TempDir Path folder;

  private void trainBehavior(Device device, AdapterKind kind, CacheLimit cache, String name) {
    BehaviorSettings settings = TinyBehavior.settings(kind, 2, 1, 2).withCache(cache);
    try (ClipModel model = TinyBehavior.model(device);
        RunFolder run = RunFolder.open(folder.resolve(name), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings)) {
      trainer.requireMemory();
      trainer.memoryPlan();
      trainer.train(run, Progress.NONE, () -> false);
    }
  }

  private void trainContrastive(Device device, TinyContrastive tiny, String name) {
    try (RunFolder run = RunFolder.open(folder.resolve(name), RunFolder.Existing.REFUSE)) {
      tiny.train(device, run, 2, () -> false);
    }
  }

  private static void embed(Device device) {
    try (ClipModel model = TinyBehavior.model(device);
        ImageEncoder encoder = new ImageEncoder(device, model.clip(), 3)) {
      float[] pixels = new float[3 * 3 * 16 * 16];
      float[] embeds = new float[3 * model.config().projection()];
      for (int count : new int[] {3, 3, 3, 2, 1, 2}) {
        encoder.encode(pixels, count, embeds, 0);
      }
      new TextEncoder(device, model.clip()).encode(new int[] {1, 2, 39, 3, 39, 39}, 2, 3);
    }
  }

  private void everything(Device device, TinyContrastive tiny, String name) {
    trainBehavior(device, AdapterKind.DORA, CacheLimit.AUTO, name + "-cached");
    trainBehavior(device, AdapterKind.DORA_PEFT, CacheLimit.OFF, name + "-plain");
    trainContrastive(device, tiny, name + "-contrastive");
    embed(device);
  }

  /** Once a device has its scratch memory and tables, more runs leave nothing more behind. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void runsAndTheDeviceGiveBackAllThatTheyTook(Precision precision) throws IOException {
    TinyContrastive tiny = new TinyContrastive(folder);
    WatchedEmulation emulation = WatchedEmulation.open(precision);
    try (emulation) {
      everything(emulation.device(), tiny, "first");
      Map<String, Long> kept = emulation.held();
      long bytes = emulation.bytes();
      assertTrue(emulation.made().get("graphs") > 10, "graphs were made");
      assertFalse(kept.containsKey("graphs"), "graphs are left: " + kept);
      everything(emulation.device(), tiny, "second");
      assertEquals(kept, emulation.held(), "left after a second round of runs");
      assertEquals(bytes, emulation.bytes());
      System.out.printf("%s: an idle device keeps %s, %d bytes%n", precision, kept, bytes);
    }
    assertEquals(Map.of(), emulation.held(), "left after the device was closed");
  }

  /** The trainer's own steps, after those that prepare. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void stepsTakeNothingFromTheDriver(Precision precision) throws IOException {
    TinyContrastive tiny = new TinyContrastive(folder);
    try (WatchedEmulation emulation = WatchedEmulation.open(precision);
        RunFolder run = RunFolder.open(folder.resolve("run"), RunFolder.Existing.REFUSE)) {
      Map<String, Long> warm = new TreeMap<>();
      int[] steps = {0};
      tiny.train(
          emulation.device(),
          run,
          5,
          () -> {
            // Two epochs: every batch size has been captured.
            if (++steps[0] == 2 * (TinyContrastive.STEPS_PER_EPOCH + 1)) {
              warm.putAll(emulation.made());
            }
            return false;
          });
      assertFalse(warm.isEmpty());
      assertEquals(warm, emulation.made(), "made after two epochs");
    }
  }
}
