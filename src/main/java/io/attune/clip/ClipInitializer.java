package io.attune.clip;

import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.nn.Block;
import io.attune.nn.LayerNorm;
import io.attune.nn.Linear;
import io.attune.nn.Parameter;
import java.util.List;

/**
 * Random weights for a new model, with the standard deviations of OpenAI's CLIP: {@code D^-1/2} for
 * q, k, v; {@code (2 D L)^-1/2} for what writes into the residual stream; {@code (2D)^-1/2} for
 * fc1. Biases are 0, LayerNorms the identity. Every tensor has a Philox stream of its own, so the
 * same seed gives the same model on any device.
 */
public final class ClipInitializer {
  private static final int FIRST_STREAM = 1000;

  private final Device device;
  private final long seed;
  private int stream = FIRST_STREAM;

  private ClipInitializer(Device device, long seed) {
    this.device = device;
    this.seed = seed;
  }

  /** Overwrites all weights of {@code clip}. */
  public static void initialize(Clip clip, Device device, long seed) {
    new ClipInitializer(device, seed).initialize(clip);
  }

  private void initialize(Clip clip) {
    ClipConfig config = clip.config();
    VisionTower vision = clip.vision();
    double width = config.vision().width();
    normal(vision.classEmbedding(), Math.pow(width, -0.5));
    normal(vision.patchEmbedding(), Math.pow(config.patchLength(), -0.5));
    normal(vision.positionEmbedding(), Math.pow(width, -0.5));
    identity(vision.preLayerNorm());
    blocks(vision.blocks(), width);
    identity(vision.postLayerNorm());
    normal(vision.projection().ownWeight(), Math.pow(width, -0.5));

    TextTower text = clip.text();
    double textWidth = config.text().width();
    normal(text.tokenEmbedding(), 0.02);
    normal(text.positionEmbedding(), 0.01);
    blocks(text.blocks(), textWidth);
    identity(text.finalLayerNorm());
    normal(text.projection().ownWeight(), Math.pow(textWidth, -0.5));
    constant(clip.logitScale(), (float) config.logitScale());
  }

  private void blocks(List<Block> blocks, double width) {
    double residual = Math.pow(2 * width * blocks.size(), -0.5);
    for (Block block : blocks) {
      identity(block.layerNorm1());
      linear(block.attention().query(), Math.pow(width, -0.5));
      linear(block.attention().key(), Math.pow(width, -0.5));
      linear(block.attention().value(), Math.pow(width, -0.5));
      linear(block.attention().output(), residual);
      identity(block.layerNorm2());
      linear(block.mlp().fc1(), Math.pow(2 * width, -0.5));
      linear(block.mlp().fc2(), residual);
    }
  }

  private void linear(Linear linear, double deviation) {
    normal(linear.ownWeight(), deviation);
    constant(linear.bias(), 0);
  }

  private void identity(LayerNorm norm) {
    constant(norm.weight(), 1);
    constant(norm.bias(), 0);
  }

  private void normal(Parameter parameter, double deviation) {
    device
        .philox()
        .normal(new PhiloxKey(seed, stream++, 0), 0, 0, (float) deviation, parameter.value());
  }

  private void constant(Parameter parameter, float value) {
    device.elementwise().fill(value, parameter.value());
  }
}
