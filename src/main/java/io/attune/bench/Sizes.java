package io.attune.bench;

import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;

/**
 * How large the operations are.
 *
 * @param config of the model that they belong to
 * @param batch images of a step, and texts
 * @param pairs sides of the contrastive loss
 * @param elements of flat tensors
 * @param productSide of the square product that measures the card's rate
 * @param copyElements of the copy that measures the card's rate, in floats
 */
record Sizes(
    ClipConfig config, int batch, int[] pairs, long elements, int productSide, long copyElements) {
  /** ViT-L/14 with 64 images a step. */
  static final Sizes TRAINING =
      new Sizes(
          ClipArchitecture.VIT_L_14.config(),
          64,
          new int[] {64, 2048},
          64L * 257 * 1024,
          8192,
          1L << 27);

  /** So small that the emulation serves: to try the bench itself. */
  static final Sizes TINY =
      new Sizes(
          new ClipConfig(
              new ClipConfig.Tower(32, 64, 2, 2, Activation.QUICK_GELU, 1e-5),
              8,
              4,
              3,
              new ClipConfig.Tower(32, 64, 2, 2, Activation.QUICK_GELU, 1e-5),
              50,
              7,
              49,
              16,
              2.6592),
          2,
          new int[] {4},
          1000,
          32,
          4096);

  /** Rows of the image tower's stream. */
  int imageRows() {
    return batch * config.visionTokens();
  }

  /** Rows of the text tower's stream. */
  int textRows() {
    return batch * config.context();
  }
}
