package io.attune.train;

import io.attune.clip.Clip;
import io.attune.clip.TextPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/** The prompts' embeddings at unit length, which are constant in the MEG stages. */
final class TextUnits {
  private TextUnits() {}

  /**
   * Runs the prompts through the text tower once.
   *
   * @param adapter of stage 1, whose text blocks are used; null for the model's own
   * @return K x projection, row by row
   */
  static float[] of(
      Device device,
      Clip clip,
      BehaviorData.TokenBatch tokens,
      int prompts,
      AdapterWeights adapter) {
    if (adapter == null) {
      return compute(device, clip, tokens, prompts);
    }
    float[][] unit = new float[1][];
    adapter.use(
        device,
        clip,
        adapters -> {
          adapters.compose(device);
          adapters.attach(clip);
          try {
            unit[0] = compute(device, clip, tokens, prompts);
          } finally {
            adapters.detach(clip);
          }
        });
    return unit[0];
  }

  private static float[] compute(
      Device device, Clip clip, BehaviorData.TokenBatch tokens, int prompts) {
    try (Arena arena = Arena.on(device)) {
      TextPass pass =
          new TextPass(
              device,
              clip.text(),
              Workspace.on(arena),
              prompts,
              tokens.length(),
              PassOptions.inference(false));
      Tensor unit = arena.allocate("text_unit", prompts, clip.config().projection());
      Tensor norm = arena.allocate("text_norm", prompts);
      pass.setIds(tokens.ids(), 0);
      pass.forward();
      device.normalize().l2(pass.embeds(), unit, norm);
      return device.toArray(unit);
    }
  }
}
