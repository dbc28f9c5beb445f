package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageEncoder;
import io.attune.clip.TextEncoder;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.DeviceMemoryException;
import io.attune.device.Precision;
import io.attune.device.cuda.WatchedEmulation;
import io.attune.hba.AdapterKind;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What whole runs hold of the emulated device's driver while they run, and give back. */
class DeviceMemoryTest {
  @TempDir Path folder;

  private MemoryPlan trainBehavior(Device device, AdapterKind kind, CacheLimit cache, String name) {
    BehaviorSettings settings = TinyBehavior.settings(kind, 2, 1, 2).withCache(cache);
    try (ClipModel model = TinyBehavior.model(device);
        RunFolder run = RunFolder.open(folder.resolve(name), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings)) {
      trainer.requireMemory();
      MemoryPlan plan = trainer.memoryPlan();
      trainer.train(run, Progress.NONE, () -> false);
      return plan;
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

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void aPreTrainingTakesWhatIsPlanned(Precision precision) throws IOException {
    TinyContrastive tiny = new TinyContrastive(folder);
    try (WatchedEmulation emulation = WatchedEmulation.open(precision);
        Arena planned = Arena.planning(precision);
        Arena real = Arena.on(emulation.device())) {
      tiny.prepare(emulation.device(), planned);
      assertEquals(0, emulation.bytes(), "planning takes nothing");
      tiny.prepare(emulation.device(), real);
      assertEquals(planned.bytes(), emulation.bytes());
    }
  }

  /** All that a run takes at once, caches and what fills them included. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void aBehaviorRunTakesWhatIsPlanned(Precision precision) {
    try (WatchedEmulation emulation = WatchedEmulation.open(precision)) {
      Device device = emulation.device();
      for (CacheLimit cache : List.of(CacheLimit.AUTO, CacheLimit.OFF)) {
        MemoryPlan plan = trainBehavior(device, AdapterKind.DORA, cache, "first-" + cache.kind());
        long idle = emulation.bytes();
        emulation.peakBytes();
        trainBehavior(device, AdapterKind.DORA, cache, "second-" + cache.kind());
        long onHost =
            plan.parts().stream()
                .filter(part -> part.name().equals("gathering"))
                .mapToLong(MemoryPlan.Part::bytes)
                .sum();
        assertEquals(plan.total() - onHost, emulation.peakBytes() - idle, "cache " + cache.kind());
      }
    }
  }

  /** What is free does not change when the device takes what it needs for its own work. */
  @Test
  void freeMemoryIsWhatCanBeAllocated() {
    long limit = 20 << 20;
    try (WatchedEmulation emulation = WatchedEmulation.open(Precision.F32, limit)) {
      Device device = emulation.device();
      long free = device.availableBytes();
      assertTrue(free > 0 && free < limit, "free " + free);
      try (Arena arena = Arena.on(device)) {
        Tensor x = arena.allocate("x", 512, 16);
        for (int i = 0; i < 3; i++) {
          device.write(x, new float[512 * 16], 0);
        }
        device.reduce().sum(x);
        assertEquals(free - 4 * 512 * 16, device.availableBytes());
        long rest = device.availableBytes();
        String refused =
            assertThrows(DeviceMemoryException.class, () -> arena.allocate("y", rest / 4 + 1))
                .getMessage();
        assertTrue(
            refused.contains("y [") && refused.contains("emulated has 2 of 20 MiB left"), refused);
        arena.allocate("z", rest / 4);
        assertTrue(device.availableBytes() < 4);
      }
      assertEquals(free, device.availableBytes());
    }
  }

  /** The batch that is named fits, and the next one does not. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"F32", "BF16"})
  void aRunThatIsTooLargeIsToldTheBatchThatFits(Precision precision) {
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 1).withCache(CacheLimit.OFF);
    long enough;
    try (WatchedEmulation emulation = WatchedEmulation.open(precision);
        ClipModel model = TinyBehavior.model(emulation.device());
        BehaviorTrainer two = trainer(emulation.device(), model, settings.withBatch(2))) {
      long all = 4L << 30;
      enough = two.memory().total() + all - emulation.device().availableBytes();
    }
    try (WatchedEmulation emulation = WatchedEmulation.open(precision, enough);
        ClipModel model = TinyBehavior.model(emulation.device())) {
      Device device = emulation.device();
      try (BehaviorTrainer three = trainer(device, model, settings.withBatch(3))) {
        String refused = assertThrows(InputException.class, three::requireMemory).getMessage();
        assertTrue(refused.startsWith("too little memory on emulated: the run needs"), refused);
        assertTrue(refused.endsWith(" - --batch 2 would fit"), refused);
      }
      try (BehaviorTrainer two = trainer(device, model, settings.withBatch(2));
          RunFolder run = RunFolder.open(folder.resolve("two"), RunFolder.Existing.REFUSE)) {
        two.requireMemory();
        two.train(run, Progress.NONE, () -> false);
      }
      Tensor ballast =
          device.allocate("ballast", DType.F32, Shape.of(device.availableBytes() / 4 - 1024));
      try (BehaviorTrainer one = trainer(device, model, settings.withBatch(1))) {
        String refused = assertThrows(InputException.class, one::requireMemory).getMessage();
        assertTrue(refused.endsWith("not even one image fits"), refused);
      }
      ballast.buffer().close();
    }
  }

  private static BehaviorTrainer trainer(
      Device device, ClipModel model, BehaviorSettings settings) {
    return new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings);
  }

  @Test
  void anEncoderThatIsTooLargeIsToldTheBatchThatFitsOrTakesIt() {
    try (WatchedEmulation emulation = WatchedEmulation.open(Precision.BF16, 18 << 20);
        ClipModel model = TinyBehavior.model(emulation.device())) {
      Device device = emulation.device();
      long before = emulation.bytes();
      String refused =
          assertThrows(
                  InputException.class,
                  () -> new ImageEncoder(device, model.clip(), 10_000).close())
              .getMessage();
      assertEquals(before, emulation.bytes(), "what was allocated is given back");
      Matcher told =
          Pattern.compile(
                  "too little memory on emulated: 10000 images at once need [\\d,]+ MiB, 0 MiB are"
                      + " free - --batch (\\d+) would fit")
              .matcher(refused);
      assertTrue(told.matches(), refused);
      int fits = Integer.parseInt(told.group(1));
      new ImageEncoder(device, model.clip(), fits).close();
      try (ImageEncoder encoder = ImageEncoder.fitting(device, model.clip(), 10_000)) {
        assertEquals(fits, encoder.batch());
        float[] embeds = new float[fits * model.config().projection()];
        encoder.encode(new float[fits * 3 * 16 * 16], fits, embeds, 0);
      }
    }
  }
}
