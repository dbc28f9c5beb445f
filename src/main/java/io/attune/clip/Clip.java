package io.attune.clip;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Block;
import io.attune.nn.Module;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.function.Consumer;

/** A CLIP model's parameters: both towers and the logit scale. */
public final class Clip implements Module {
  private final ClipConfig config;
  private final VisionTower vision;
  private final TextTower text;
  private final Parameter logitScale;
  private final Parameter[] all;

  /** Allocates a model with all weights zero; a planning arena only counts its bytes. */
  public Clip(ClipConfig config, Arena arena) {
    this.config = config;
    this.text = new TextTower(config, arena);
    this.vision = new VisionTower(config, arena);
    this.logitScale = new Parameter(arena.allocate("logit_scale"));
    this.all = parameters().toArray(Parameter[]::new);
  }

  static Block.BlockSizes blockSizes(ClipConfig.Tower tower, boolean causal) {
    return new Block.BlockSizes(
        tower.width(),
        tower.heads(),
        tower.hidden(),
        tower.activation(),
        (float) tower.epsilon(),
        causal);
  }

  public ClipConfig config() {
    return config;
  }

  public VisionTower vision() {
    return vision;
  }

  public TextTower text() {
    return text;
  }

  /** A scalar, the natural log of what cosines are multiplied by. */
  public Parameter logitScale() {
    return logitScale;
  }

  /** Allocates the gradient of every parameter that trains. */
  public void allocateGradients(Arena arena) {
    visit(parameter -> parameter.allocateGradient(arena));
  }

  /** Sets every gradient to zero, before a step accumulates into them. */
  public void zeroGradients(Device device) {
    for (Parameter parameter : all) {
      Tensor gradient = parameter.gradient();
      if (gradient != null) {
        device.elementwise().fill(0, gradient);
      }
    }
  }

  /** Number of weights that train. */
  public long trainableParameters() {
    return parameters().stream()
        .filter(Parameter::isTrainable)
        .mapToLong(parameter -> parameter.value().size())
        .sum();
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    visitor.accept(logitScale);
    text.visit(visitor);
    vision.visit(visitor);
  }
}
