package io.attune.clip;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.nn.Parameter;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** One contrastive step of a small model on random pairs, for tests that compare ways to run it. */
final class ContrastiveStep {
  final VisionPass vision;
  private final Device device;
  private final Clip clip;
  private final TextPass text;
  private final Similarity similarity;
  private final Tensor rowLse;
  private final Tensor columnLse;
  private final Tensor loss;
  private final float[] scalar = new float[1];
  private final int pairs;
  private final int length;

  ContrastiveStep(
      Device device, Clip clip, Workspace workspace, int pairs, int length, PassOptions options) {
    this.device = device;
    this.clip = clip;
    this.pairs = pairs;
    this.length = length;
    vision = new VisionPass(device, clip.vision(), workspace, pairs, options);
    text = new TextPass(device, clip.text(), workspace, pairs, length, options);
    similarity =
        new Similarity(
            device, clip.logitScale(), workspace, pairs, pairs, clip.config().projection(), true);
    rowLse = workspace.tensor("row_lse", pairs);
    columnLse = workspace.tensor("column_lse", pairs);
    loss = workspace.tensor("loss", 1);
  }

  /** Random pixels and texts of growing length, the same for the same seed. */
  void fill(long seed) {
    device.philox().normal(new PhiloxKey(seed, 1, 0), 0, 0, 1, vision.pixels());
    int end = clip.config().endToken();
    Philox draws = new Philox(new PhiloxKey(seed, 2, 0));
    int[] ids = new int[pairs * length];
    for (int n = 0; n < pairs; n++) {
      for (int t = 0; t < length; t++) {
        boolean last = t >= Math.min(length - 1, 1 + n);
        ids[n * length + t] = last ? end : draws.nextInt(end);
      }
    }
    text.setIds(ids, 0);
  }

  float forward() {
    vision.forward();
    text.forward();
    similarity.forward(vision.embeds(), text.embeds());
    device.contrastive().loss(similarity.logits(), rowLse, columnLse, loss);
    device.read(loss, scalar, 0);
    return scalar[0];
  }

  void backward() {
    clip.zeroGradients(device);
    device
        .contrastive()
        .lossBackward(similarity.logits(), rowLse, columnLse, similarity.logitsGradient());
    similarity.backward(vision.embedsGradient(), text.embedsGradient());
    vision.backward();
    text.backward();
  }

  /** All gradients by parameter. */
  Map<String, float[]> gradients() {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    for (Parameter parameter : clip.parameters()) {
      if (parameter.gradient() != null) {
        gradients.put(parameter.name(), device.toArray(parameter.gradient()));
      }
    }
    return gradients;
  }

  /** Runs forward and backward in fresh memory and gives the gradients. */
  static Map<String, float[]> gradients(
      Device device, Clip clip, int pairs, int length, PassOptions options) {
    try (Arena arena = Arena.on(device)) {
      clip.allocateGradients(arena);
      ContrastiveStep step =
          new ContrastiveStep(device, clip, Workspace.on(arena), pairs, length, options);
      step.fill(11);
      step.forward();
      step.backward();
      return step.gradients();
    } finally {
      forgetGradients(clip);
    }
  }

  /** Lets go of gradients whose arena is closed; what trains stays the same. */
  static void forgetGradients(Clip clip) {
    for (Parameter parameter : clip.parameters()) {
      if (parameter.isTrainable()) {
        parameter.setTrainable(false);
        parameter.setTrainable(true);
      }
    }
  }
}
