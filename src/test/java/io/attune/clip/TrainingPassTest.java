package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Activation;
import io.attune.nn.Parameter;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every way to run a training step gives the same gradients, and they are the loss's slope. */
class TrainingPassTest {
  private static final int PAIRS = 3;
  private static final int LENGTH = 6;

  private static final PassOptions TRAINING = PassOptions.training(true);
  private static final ClipConfig CONFIG =
      new ClipConfig(
          new ClipConfig.Tower(32, 96, 3, 2, Activation.QUICK_GELU, 1e-5),
          24,
          8,
          3,
          new ClipConfig.Tower(16, 64, 2, 1, Activation.GELU, 1e-5),
          40,
          8,
          39,
          16,
          1.5);

  private Device device;
  private ClipModel model;
  private Clip clip;

  @BeforeEach
  void open() {
    device = Devices.open("cpu").device();
    model = ClipModel.random(CONFIG, device, 5);
    clip = model.clip();
    // Random LayerNorms and biases, so that no term hides behind a 1 or a 0.
    int stream = 0;
    for (Parameter parameter : clip.parameters()) {
      if (parameter.value().shape().rank() == 1) {
        float mean = parameter.name().contains("norm") && weight(parameter) ? 1 : 0;
        device.philox().normal(new PhiloxKey(9, stream++, 0), 0, mean, 0.3f, parameter.value());
      }
    }
  }

  private static boolean weight(Parameter parameter) {
    return parameter.name().endsWith("weight");
  }

  @AfterEach
  void close() {
    model.close();
    device.close();
  }

  private Map<String, float[]> gradients(PassOptions options) {
    return ContrastiveStep.gradients(device, clip, PAIRS, LENGTH, options);
  }

  private static void assertSame(
      Map<String, float[]> expected, Map<String, float[]> found, double tolerance) {
    // A key's bias has no effect at all: next to nothing, it is measured against the largest.
    double largest =
        expected.values().stream().mapToDouble(TrainingPassTest::largest).max().orElse(0);
    found.forEach(
        (name, values) -> {
          double scale = Math.max(largest(expected.get(name)), 1e-3 * largest);
          assertArrayEquals(expected.get(name), values, (float) (tolerance * scale), name);
        });
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @Test
  void gradientsAreTheSlopeOfTheLoss() {
    clip.setTrainable(true);
    Map<String, float[]> gradients = gradients(TRAINING);
    try (Arena arena = Arena.on(device)) {
      ContrastiveStep step =
          new ContrastiveStep(
              device, clip, Workspace.on(arena), PAIRS, LENGTH, PassOptions.training(true));
      step.fill(11);
      for (Parameter parameter : clip.parameters()) {
        double slope = 0;
        float[] gradient = gradients.get(parameter.name());
        for (float g : gradient) {
          slope += (double) g * g;
        }
        double norm = Math.sqrt(slope);
        if (norm < 1e-4) {
          continue; // k_proj.bias: zero in exact arithmetic, and nothing to measure
        }
        double measured = along(step, parameter, gradient, (float) (1e-3 / norm)) / norm;
        assertEquals(norm, measured, 0.03 * norm + 2e-4, parameter.name());
      }
    }
  }

  /** Central difference of the loss along the gradient, divided by the step. */
  private double along(ContrastiveStep step, Parameter parameter, float[] direction, float h) {
    float[] original = device.toArray(parameter.value());
    double plus = lossAt(step, parameter, original, direction, h);
    double minus = lossAt(step, parameter, original, direction, -h);
    device.write(parameter.value(), original, 0);
    return (plus - minus) / (2 * h);
  }

  private double lossAt(
      ContrastiveStep step, Parameter parameter, float[] original, float[] direction, float h) {
    float[] moved = original.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += h * direction[i];
    }
    device.write(parameter.value(), moved, 0);
    return step.forward();
  }

  @Test
  void theClassTokenAloneGivesTheGradientsOfTheWholeLastBlock() {
    clip.setTrainable(true);
    assertSame(gradients(TRAINING.withFirstTokenOnly(false)), gradients(TRAINING), 1e-4);
  }

  @Test
  void recomputingGivesTheSameBits() {
    clip.setTrainable(true);
    assertSame(gradients(TRAINING), gradients(TRAINING.withRecompute(true)), 0);
  }

  @Test
  void aFrozenRestDoesNotChangeWhatTrains() {
    clip.setTrainable(true);
    Map<String, float[]> all = gradients(TRAINING);
    List<Consumer<Clip>> choices =
        List.of(
            some -> some.vision().blocks().get(2).attention().output().setTrainable(true),
            some -> some.vision().blocks().get(1).attention().query().setTrainable(true),
            some -> some.vision().blocks().get(1).layerNorm1().setTrainable(true),
            some -> some.vision().blocks().get(0).layerNorm2().setTrainable(true),
            some -> some.vision().blocks().get(2).mlp().fc2().setTrainable(true),
            some -> some.text().blocks().get(1).mlp().fc1().setTrainable(true),
            some -> some.vision().classEmbedding().setTrainable(true),
            some -> some.vision().patchEmbedding().setTrainable(true),
            some -> some.text().tokenEmbedding().setTrainable(true),
            some -> some.vision().postLayerNorm().setTrainable(true),
            some -> some.text().projection().setTrainable(true));
    for (Consumer<Clip> choice : choices) {
      clip.setTrainable(false);
      choice.accept(clip);
      Map<String, float[]> found = gradients(TRAINING);
      assertTrue(!found.isEmpty() && found.size() < all.size());
      assertSame(all, found, 0);
    }
  }

  @Test
  void aSmallerBatchInTheSameMemoryGivesWhatItGivesAlone() {
    clip.setTrainable(true);
    Map<String, float[]> alone = ContrastiveStep.gradients(device, clip, 2, LENGTH, TRAINING);
    try (Arena arena = Arena.on(device)) {
      clip.allocateGradients(arena);
      Workspace workspace = Workspace.on(arena);
      ContrastiveStep full = new ContrastiveStep(device, clip, workspace, PAIRS, LENGTH, TRAINING);
      full.fill(4);
      full.forward();
      full.backward();
      long bytes = arena.bytes();
      ContrastiveStep small =
          new ContrastiveStep(device, clip, workspace.smaller(), 2, LENGTH, TRAINING);
      assertEquals(bytes, arena.bytes(), "a smaller pass takes no memory");
      small.fill(11);
      small.forward();
      clip.parameters().forEach(parameter -> poison(parameter.gradient()));
      small.backward();
      assertSame(alone, small.gradients(), 0);
    }
  }

  private void poison(Tensor tensor) {
    device.elementwise().fill(Float.NaN, tensor);
  }

  @Test
  void planningCountsWhatIsAllocated() {
    clip.setTrainable(true);
    Arena plan = Arena.planning();
    Clip planned = new Clip(CONFIG, plan);
    planned.setTrainable(true);
    assertEquals(clip.trainableParameters() * Float.BYTES, plan.bytes());
    try (Arena arena = Arena.on(device)) {
      clip.allocateGradients(arena);
      planned.allocateGradients(plan);
      new ContrastiveStep(device, clip, Workspace.on(arena), PAIRS, LENGTH, TRAINING);
      Arena passes = Arena.planning();
      new ContrastiveStep(device, planned, Workspace.on(passes), PAIRS, LENGTH, TRAINING);
      assertEquals(arena.bytes() - clip.trainableParameters() * Float.BYTES, passes.bytes());
    }
  }

  @Test
  void aStepAllocatesNothingAfterTheFirst() {
    clip.setTrainable(true);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.on(device)) {
      clip.allocateGradients(arena);
      ContrastiveStep step =
          new ContrastiveStep(device, clip, Workspace.on(arena), PAIRS, LENGTH, TRAINING);
      step.fill(11);
      // Vectors are boxed until C2 has compiled the kernels; after that nothing is left.
      long least = Long.MAX_VALUE;
      int round = 0;
      while (round < 20_000 && least > 0) {
        long before = threads.getTotalThreadAllocatedBytes();
        step.forward();
        step.backward();
        least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
        round++;
      }
      System.out.printf("a step allocates %d bytes after %d steps%n", least, round);
      assertEquals(0, least, "bytes that a step allocates");
    }
  }
}
