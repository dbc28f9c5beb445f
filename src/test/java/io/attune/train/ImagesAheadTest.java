package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.MegPreset;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that read images in every step announce the very batches that follow. */
class ImagesAheadTest {
  private static final int EPOCHS = 3;

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

  private record Outcome(int reads, StepTime time) {}

  private Outcome behavior(int unreadable) {
    BehaviorData data = TinyBehavior.data();
    AtomicInteger reads = new AtomicInteger();
    PixelSource counting =
        (index, into, offset) -> {
          reads.incrementAndGet();
          if (index == unreadable) {
            throw new InputException("image " + index);
          }
          data.pixels().read(index, into, offset);
        };
    BehaviorData counted =
        new BehaviorData(
            data.train(),
            data.validation(),
            data.heldOut(),
            data.targets(),
            data.prompts(),
            data.promptIds(),
            data.promptLength(),
            counting,
            data.measured());
    BehaviorSettings settings = TinyBehavior.settings(2, 1, EPOCHS).withCache(CacheLimit.OFF);
    try (RunFolder run = RunFolder.open(folder.resolve("run"), RunFolder.Existing.REFUSE);
        BehaviorTrainer trainer = new BehaviorTrainer(device, model.clip(), counted, settings)) {
      trainer.train(run, Progress.NONE, () -> false);
      return new Outcome(reads.get(), trainer.time());
    }
  }

  @Test
  void behaviorReadsNothingInVain() {
    Outcome outcome = behavior(-1);
    // Scored as plain CLIP, untrained, and after each epoch.
    int scores = 2 + EPOCHS;
    int images = TinyBehavior.VALIDATION + TinyBehavior.HELD_OUT;
    assertEquals(EPOCHS * TinyBehavior.TRAIN + scores * images, outcome.reads);
    assertEquals(EPOCHS * 3, outcome.time.steps());
    assertTrue(outcome.time.waitedNanoseconds() > 0, "each epoch's first batch is not announced");
    assertTrue(outcome.time.waitedNanoseconds() < outcome.time.nanoseconds());
  }

  @Test
  void anUnreadableImageEndsTheRunWithItsOwnLine() {
    InputException thrown =
        assertThrows(InputException.class, () -> behavior(TinyBehavior.TRAIN - 1));
    assertEquals("image 10", thrown.getMessage());
  }

  @Test
  void stageBOfMegReadsNothingInVain() {
    MegData data = TinyMeg.data();
    AtomicInteger reads = new AtomicInteger();
    MegData counted =
        new MegData(
            data.train(),
            data.names(),
            data.courses(),
            data.window(),
            data.targets(),
            data.prompts(),
            data.textUnit(),
            (index, into, offset) -> {
              reads.incrementAndGet();
              data.pixels().read(index, into, offset);
            });
    MegSettings settings = TinyMeg.group(MegPreset.CORRECTED, 2 * EPOCHS);
    try (RunFolder run = RunFolder.open(folder.resolve("meg"), RunFolder.Existing.REFUSE);
        MegTrainer trainer = new MegTrainer(device, model.clip(), counted, settings, run)) {
      MegResult result = trainer.train(Progress.NONE, () -> false);
      long epochs = result.metrics().stream().filter(row -> row.stage() == MegStageName.B).count();
      assertTrue(epochs > 0);
      int images = TinyMeg.TRAIN + TinyMeg.VALIDATION;
      // Once to cache features, then in every epoch of stage B.
      assertEquals(images + epochs * images, reads.get());
      assertTrue(trainer.secondTime().waitedNanoseconds() > 0, "first batches are not announced");
      int[][] batches = MegTrainer.batches(counted, settings).trainingBatches(1);
      assertEquals(epochs * batches.length, trainer.secondTime().steps());
    }
  }
}
