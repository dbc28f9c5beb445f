package io.attune.bench;

import io.attune.clip.ClipConfig;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;

/** Inputs of whole models on the host. */
final class ModelInputs {
  private ModelInputs() {}

  /** Texts of full length, [texts, context]: random tokens, the end token last. */
  static int[] ids(ClipConfig config, int texts) {
    Philox philox = new Philox(new PhiloxKey(3, 1, 0));
    int length = config.context();
    int end = config.poolsAtLargestToken() ? config.vocabularySize() - 1 : config.endToken();
    int[] ids = new int[texts * length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (i + 1) % length == 0 ? end : philox.nextInt(config.vocabularySize() - 2);
    }
    return ids;
  }

  /** Normal pixels, [images, 3, side, side]. */
  static float[] pixels(ClipConfig config, int images) {
    Philox philox = new Philox(new PhiloxKey(3, 2, 0));
    int side = config.imageSize();
    float[] pixels = new float[images * 3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) philox.nextNormal();
    }
    return pixels;
  }
}
