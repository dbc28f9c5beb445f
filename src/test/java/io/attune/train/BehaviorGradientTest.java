package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSet;
import io.attune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The step's gradients, through the caches, against differences of its own loss. */
class BehaviorGradientTest {
  /** Far enough for differences of f32 losses near 100, near enough for a third-order error. */
  private static final double STEP = 1e-2;

  private static final int[] ORDER = {3, 7, 1, 9};

  @ParameterizedTest
  @CsvSource({"DORA,2,1", "DORA,1,0", "DORA,0,2", "DORA,4,3", "LORA,2,1", "LORA,3,2"})
  void everyParameterDescendsAsItsGradientSays(AdapterKind kind, int vision, int text) {
    BehaviorSettings settings = TinyBehavior.settings(kind, vision, text, 1);
    BehaviorData data = TinyBehavior.data();
    try (Device device = Devices.open("cpu:1").device();
        ClipModel model = TinyBehavior.model(device);
        Arena arena = Arena.on(device)) {
      AdapterSet adapters =
          new AdapterSet(
              arena,
              model.config(),
              settings.adapterSettings(),
              AdapterSet.lastBlocks(model.config(), vision, text),
              true);
      adapters.attach(model.clip());
      adapters.setBase(device, model.clip());
      adapters.initialize(device, 1);
      fillUpProjections(device, adapters);
      TrainingPlan plan =
          TrainingPlan.cachingAll(
              model.config(), adapters, data.images(), data.prompts(), data.promptLength(), 4);
      BehaviorTask task =
          new BehaviorTask(arena, device, model.clip(), adapters, data, settings, plan);
      task.prepare(Progress.NONE, () -> false);
      task.forwardBackward(ORDER, 0, 4);
      List<float[]> gradients = new ArrayList<>();
      for (Parameter parameter : adapters.parameters()) {
        gradients.add(device.toArray(parameter.gradient()));
      }
      for (int n = 0; n < gradients.size(); n++) {
        Parameter parameter = adapters.parameters().get(n);
        float[] values = device.toArray(parameter.value());
        float[] gradient = gradients.get(n);
        double norm = norm(gradient);
        assertTrue(norm > 0, parameter.name());
        double above = loss(device, task, parameter, values, gradient, STEP / norm);
        double below = loss(device, task, parameter, values, gradient, -STEP / norm);
        device.write(parameter.value(), values, 0);
        double slope = (above - below) / (2 * STEP);
        assertEquals(norm, slope, 0.02 * norm + 2e-3, parameter.name());
      }
    }
  }

  /** A zero up-projection would leave the other factor without a gradient. */
  private static void fillUpProjections(Device device, AdapterSet adapters) {
    adapters
        .adapters()
        .forEach(
            adapter -> {
              float[] up = new float[(int) adapter.upProjection().value().size()];
              for (int i = 0; i < up.length; i++) {
                up[i] = 0.1f * (float) Math.sin(i + 1);
              }
              device.write(adapter.upProjection().value(), up, 0);
            });
  }

  private static double loss(
      Device device,
      BehaviorTask task,
      Parameter parameter,
      float[] values,
      float[] direction,
      double length) {
    float[] moved = new float[values.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (values[i] + length * direction[i]);
    }
    device.write(parameter.value(), moved, 0);
    task.forwardBackward(ORDER, 0, 4);
    return task.loss();
  }

  private static double norm(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }
}
