package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSet;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BehaviorTrainerTest {
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

  private TrainingResult train(BehaviorSettings settings, String name) {
    try (RunFolder run = RunFolder.open(folder.resolve(name), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer =
            new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings)) {
      return trainer.train(run, Progress.NONE, () -> false);
    }
  }

  @ParameterizedTest
  @CsvSource({"2,1", "1,0", "0,1", "1,1", "0,2", "3,0", "4,3", "2,3"})
  void lossesAreTheSameWithAndWithoutTheCache(int visionBlocks, int textBlocks) {
    BehaviorSettings settings = TinyBehavior.settings(visionBlocks, textBlocks, 3);
    TrainingResult cached = train(settings, "cached");
    TrainingResult plain = train(settings.withCache(CacheLimit.OFF), "plain");
    assertEquals(
        plain.untrained().validationLoss(),
        cached.untrained().validationLoss(),
        1e-5 * plain.untrained().validationLoss());
    for (int e = 0; e < 3; e++) {
      EpochMetrics a = plain.metrics().get(e);
      EpochMetrics b = cached.metrics().get(e);
      assertEquals(a.trainLoss(), b.trainLoss(), 1e-5 * a.trainLoss(), "epoch " + (e + 1));
      assertEquals(
          a.validationLoss(), b.validationLoss(), 1e-5 * a.validationLoss(), "epoch " + (e + 1));
    }
    assertNotEquals(cached.untrained().validationLoss(), cached.metrics().get(2).validationLoss());
  }

  @ParameterizedTest
  @EnumSource(AdapterKind.class)
  void everyAdapterLearns(AdapterKind kind) {
    TrainingResult result = train(TinyBehavior.settings(kind, 2, 1, 6), kind.label());
    double first = result.metrics().getFirst().trainLoss();
    double last = result.metrics().getLast().trainLoss();
    assertTrue(last < 0.95 * first, first + " to " + last);
    assertEquals(6, result.metrics().size());
    assertEquals(18, result.steps());
  }

  @Test
  void theBaseIsScoredWithoutTheAdapters() {
    TrainingResult drawn = train(TinyBehavior.settings(2, 1, 0), "drawn");
    TrainingResult lora = train(TinyBehavior.settings(AdapterKind.LORA, 2, 1, 0), "lora");
    assertEquals(
        lora.untrained().validationLoss(),
        drawn.base().validationLoss(),
        1e-5 * lora.untrained().validationLoss());
    assertNotEquals(drawn.base().validationLoss(), drawn.untrained().validationLoss());
    assertEquals(0, drawn.bestEpoch());
  }

  @Test
  void whatIsCachedIsSaidAndFallsBack() {
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 1);
    BehaviorData data = TinyBehavior.data();
    try (BehaviorTrainer all = new BehaviorTrainer(device, model.clip(), data, settings)) {
      // 22 images x 5 tokens x width 24 and 7 prompts x width 16, twice, in floats.
      assertEquals(4 * 2 * (22 * 5 * 24 + 7 * 16), all.plan().cacheBytes());
      assertTrue(all.plan().operations() < all.plan().operationsWithout());
      assertTrue(all.describe().get(1).contains("block 2 of 22 images"), all.describe().get(1));
    }
    CacheLimit small = CacheLimit.parse("1k");
    try (BehaviorTrainer some =
        new BehaviorTrainer(device, model.clip(), data, settings.withCache(small))) {
      assertEquals(new BehaviorTrainer.CacheDecision(false, true), some.cacheDecision());
    }
    CacheLimit tiny = CacheLimit.parse("10");
    try (BehaviorTrainer none =
        new BehaviorTrainer(device, model.clip(), data, settings.withCache(tiny))) {
      assertEquals(new BehaviorTrainer.CacheDecision(false, false), none.cacheDecision());
    }
  }

  @Test
  void moreBlocksThanThereAreAreRefused() {
    BehaviorSettings settings = TinyBehavior.settings(5, 1, 1);
    String message =
        assertThrows(
                InputException.class,
                () -> new BehaviorTrainer(device, model.clip(), TinyBehavior.data(), settings))
            .getMessage();
    assertTrue(message.contains("5 vision blocks asked for, the model has 4"), message);
    assertThrows(InputException.class, () -> AdapterSet.lastBlocks(TinyBehavior.config(), 0, 0));
  }

  @Test
  void trainsWithTheBaseLeftAsItWas() {
    float[] before =
        device.toArray(model.clip().vision().blocks().get(3).attention().output().weight());
    train(TinyBehavior.settings(2, 1, 2), "run");
    float[] after =
        device.toArray(model.clip().vision().blocks().get(3).attention().output().weight());
    assertEquals(Arrays.hashCode(before), Arrays.hashCode(after));
  }
}
