package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.PhiloxKey;
import io.attune.nn.Parameter;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * ViT-L/14 with random weights, at full size. It takes a heap of 16 GB and some minutes, so it runs
 * only when asked for: {@code mvn test -DexcludedGroups= -Dtest.heap=-Xmx16g -Dtest=LargeModelTest}
 */
@Tag("large")
class LargeModelTest {
  private static final ClipConfig CONFIG = ClipArchitecture.VIT_L_14.config();
  private static final int PAIRS = 2;
  private static final PassOptions TRAINING = PassOptions.training(true);

  @Test
  void embedsTwoImages() {
    try (Device device = Devices.open("cpu").device();
        ClipModel model = ClipModel.random(CONFIG, device, 5);
        Arena arena = Arena.on(device)) {
      VisionPass pass =
          new VisionPass(
              device,
              model.clip().vision(),
              Workspace.on(arena),
              PAIRS,
              PassOptions.inference(true));
      device.philox().normal(new PhiloxKey(1, 1, 0), 0, 0, 1, pass.pixels());
      long begin = System.nanoTime();
      pass.forward();
      float[] embeds = device.toArray(pass.embeds());
      report("forward of %d images".formatted(PAIRS), begin, arena);
      assertEquals(PAIRS * 768, embeds.length);
      assertEquals(-1, device.reduce().firstNonFinite(new Tensor[] {pass.embeds()}));
      assertNotEquals(embeds[0], embeds[768], "two images look alike");
    }
  }

  @Test
  void trainsOnTwoPairs() {
    try (Device device = Devices.open("cpu").device();
        ClipModel model = ClipModel.random(CONFIG, device, 5);
        Arena weights = Arena.on(device)) {
      Clip clip = model.clip();
      clip.setTrainable(true);
      assertEquals(427_616_513, clip.trainableParameters());
      clip.allocateGradients(weights);
      AdamW optimizer =
          new AdamW(
              weights, AdamW.Settings.DEFAULT, List.of(new AdamW.Group(clip.parameters(), 0.1)));
      double[] recomputed = lossAndGradient(device, clip, TRAINING.withRecompute(true));
      try (Arena arena = Arena.on(device)) {
        ContrastiveStep step = step(device, clip, arena, TRAINING);
        double first = step.forward();
        step.backward();
        assertTrue(Double.isFinite(first));
        assertEquals(recomputed[0], first);
        assertEquals(recomputed[1], squaredNorm(device, clip));
        double loss = first;
        for (int t = 1; t <= 2; t++) {
          long begin = System.nanoTime();
          optimizer.step(device, 3e-7, t);
          loss = step.forward();
          step.backward();
          report("step %d, loss %.6f after %.6f".formatted(t, loss, first), begin, arena);
        }
        assertTrue(loss < first, "the loss went from " + first + " to " + loss);
      }
    }
  }

  private static double[] lossAndGradient(Device device, Clip clip, PassOptions options) {
    try (Arena arena = Arena.on(device)) {
      ContrastiveStep step = step(device, clip, arena, options);
      long begin = System.nanoTime();
      double loss = step.forward();
      step.backward();
      report("recomputing step, loss %.6f".formatted(loss), begin, arena);
      return new double[] {loss, squaredNorm(device, clip)};
    }
  }

  private static ContrastiveStep step(Device device, Clip clip, Arena arena, PassOptions options) {
    ContrastiveStep step =
        new ContrastiveStep(device, clip, Workspace.on(arena), PAIRS, CONFIG.context(), options);
    step.fill(11);
    return step;
  }

  private static double squaredNorm(Device device, Clip clip) {
    return device
        .reduce()
        .squaredNorm(clip.parameters().stream().map(Parameter::gradient).toArray(Tensor[]::new));
  }

  private static void report(String what, long begin, Arena arena) {
    double peak =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getPeakUsage)
            .mapToLong(usage -> usage.getUsed())
            .sum();
    System.out.printf(
        "ViT-L/14, %s: %.1f s, activations %.2f GiB, peak heap %.2f GiB%n",
        what, (System.nanoTime() - begin) * 1e-9, arena.bytes() * 0x1p-30, peak * 0x1p-30);
  }
}
