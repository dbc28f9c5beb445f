package io.attune.bench;

import io.attune.clip.ClipConfig;

/**
 * Operations that a model must do, two for a multiplication with its addition, in products and
 * attention only: what ceilings are made of.
 */
final class ModelWork {
  private ModelWork() {}

  /** An image's way through its tower, every token in every block: 162.0e9 for ViT-L/14. */
  static double image(ClipConfig config) {
    ClipConfig.Tower tower = config.vision();
    double patches = 2.0 * (config.visionTokens() - 1) * config.patchLength() * tower.width();
    double head = 2.0 * tower.width() * config.projection();
    return patches + tower.blocks() * block(tower, config.visionTokens()) + head;
  }

  /** A text's way through its tower, at full length; attention as if it were not causal. */
  static double text(ClipConfig config) {
    ClipConfig.Tower tower = config.text();
    double head = 2.0 * tower.width() * config.projection();
    return tower.blocks() * block(tower, config.context()) + head;
  }

  /** One block's forward pass for one sequence. */
  static double block(ClipConfig.Tower tower, int tokens) {
    double width = tower.width();
    double products = 2.0 * tokens * (4 * width * width + 2 * width * tower.hidden());
    return products + 4.0 * tokens * tokens * width;
  }

  /** A contrastive step, for each pair: forward, and twice that backward. */
  static double training(ClipConfig config) {
    return 3 * (image(config) + text(config));
  }

  /**
   * An adapter step, for each image: all forward, and backward to the lowest adapted projection.
   *
   * @param textsPerImage prompts over images of a step
   */
  static double adapters(ClipConfig config, double textsPerImage) {
    double image =
        image(config)
            + AdapterWorkload.VISION_BLOCKS * block(config.vision(), config.visionTokens());
    double text =
        text(config) + AdapterWorkload.TEXT_BLOCKS * block(config.text(), config.context());
    return image + textsPerImage * text;
  }
}
