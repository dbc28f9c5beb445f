package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterSet;
import io.attune.tensor.Tensor;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a warm step leaves behind, and what plans count. */
class SteadyStateTest {
  @Test
  void aStepAllocatesNoTensor() {
    BehaviorSettings settings = TinyBehavior.settings(2, 1, 1);
    BehaviorData data = TinyBehavior.data();
    AtomicInteger allocations = new AtomicInteger();
    try (Device device = counting(Devices.open("cpu:1").device(), allocations);
        ClipModel model = TinyBehavior.model(device);
        Arena arena = Arena.on(device)) {
      AdapterSet adapters =
          new AdapterSet(
              arena,
              model.config(),
              settings.adapterSettings(),
              AdapterSet.lastBlocks(model.config(), 2, 1),
              true);
      adapters.attach(model.clip());
      adapters.setBase(device, model.clip());
      adapters.initialize(device, 1);
      TrainingPlan plan =
          TrainingPlan.cachingAll(
              model.config(), adapters, data.images(), data.prompts(), data.promptLength(), 4);
      BehaviorTask task =
          new BehaviorTask(arena, device, model.clip(), adapters, data, settings, plan);
      AdamW optimizer =
          new AdamW(
              arena, AdamW.Settings.DEFAULT, List.of(new AdamW.Group(adapters.parameters(), 0.01)));
      task.prepare(Progress.NONE, () -> false);
      int[] order = IntStream.range(0, data.train()).toArray();
      int prepared = allocations.get();
      assertTrue(prepared > 100, "the count works: " + prepared);
      for (int from : new int[] {0, 4, 8}) {
        task.forwardBackward(order, from, Math.min(4, data.train() - from));
        assertTrue(Double.isFinite(task.loss()));
        optimizer.step(device, 1e-4, 1);
      }
      task.evaluate();
      assertEquals(prepared, allocations.get());
    }
  }

  /** A device that counts its allocations. */
  private static Device counting(Device device, AtomicInteger allocations) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("allocate")) {
                allocations.incrementAndGet();
              }
              return method.invoke(device, arguments);
            });
  }

  @Test
  void cachesAreShardedWithoutGaps() {
    try (Device device = Devices.open("cpu:1").device();
        Arena arena = Arena.on(device)) {
      FeatureCache cache = new FeatureCache(arena, "cache", 7, 2, 3, 13);
      assertEquals(4, arena.tensors().size());
      assertEquals(4L * 7 * 6, arena.bytes());
      for (int i = 0; i < 7; i++) {
        device.elementwise().fill(i, cache.item(i));
      }
      float expected = 0;
      for (Tensor shard : arena.tensors()) {
        for (float value : device.toArray(shard)) {
          assertEquals((int) (expected++ / 6), value);
        }
      }
      assertEquals(42, expected);
    }
  }

  @Test
  void operationsAreThoseOfALargeModel() {
    TowerPlan forward = TowerPlan.vision(ClipArchitecture.VIT_L_14.config(), 24);
    assertEquals(162.0e9, forward.operationsWithout(), 0.1e9);
    assertEquals(0, forward.operationsWith());
    TowerPlan lastTwo = TowerPlan.vision(ClipArchitecture.VIT_L_14.config(), 22);
    // Second half of block 22, keys and values of block 23, and the way back through both.
    assertTrue(lastTwo.operationsWith() < 0.1 * lastTwo.operationsWithout());
    assertEquals(2L * 257 * 1024, lastTwo.cachedElements());
    TowerPlan last = TowerPlan.vision(ClipArchitecture.VIT_L_14.config(), 23);
    assertEquals(2L * 1024, last.cachedElements());
  }
}
