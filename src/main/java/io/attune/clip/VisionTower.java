package io.attune.clip;

import io.attune.device.Arena;
import io.attune.nn.Block;
import io.attune.nn.LayerNorm;
import io.attune.nn.Linear;
import io.attune.nn.Module;
import io.attune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Parameters of the image tower: a vision transformer and its projection. */
public final class VisionTower implements Module {
  private final ClipConfig config;
  private final Parameter classEmbedding;
  private final Parameter patchEmbedding;
  private final Parameter positionEmbedding;
  private final LayerNorm preLayerNorm;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm postLayerNorm;
  private final Linear projection;

  VisionTower(ClipConfig config, Arena arena) {
    this.config = config;
    ClipConfig.Tower sizes = config.vision();
    int width = sizes.width();
    float epsilon = (float) sizes.epsilon();
    String embeddings = "vision_model.embeddings.";
    classEmbedding = new Parameter(arena.allocate(embeddings + "class_embedding", width));
    patchEmbedding =
        Parameter.operand(
            arena,
            embeddings + "patch_embedding.weight",
            width,
            config.channels(),
            config.patchSize(),
            config.patchSize());
    positionEmbedding =
        new Parameter(
            arena.allocate(embeddings + "position_embedding.weight", config.visionTokens(), width));
    preLayerNorm = LayerNorm.allocate(arena, "vision_model.pre_layrnorm", width, epsilon);
    for (int n = 0; n < sizes.blocks(); n++) {
      blocks.add(
          Block.allocate(arena, "vision_model.encoder.layers." + n, Clip.blockSizes(sizes, false)));
    }
    postLayerNorm = LayerNorm.allocate(arena, "vision_model.post_layernorm", width, epsilon);
    projection = Linear.allocateWithoutBias(arena, "visual_projection", width, config.projection());
  }

  public ClipConfig config() {
    return config;
  }

  /** [D] */
  public Parameter classEmbedding() {
    return classEmbedding;
  }

  /** [D, C, p, p], the patch convolution without bias. */
  public Parameter patchEmbedding() {
    return patchEmbedding;
  }

  /** [tokens, D] */
  public Parameter positionEmbedding() {
    return positionEmbedding;
  }

  public LayerNorm preLayerNorm() {
    return preLayerNorm;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  public LayerNorm postLayerNorm() {
    return postLayerNorm;
  }

  /** [projection, D] */
  public Linear projection() {
    return projection;
  }

  /** Whether anything below the first block trains. */
  public boolean embeddingTrains() {
    return classEmbedding.isTrainable()
        || patchEmbedding.isTrainable()
        || positionEmbedding.isTrainable()
        || preLayerNorm.trains();
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    visitor.accept(classEmbedding);
    visitor.accept(patchEmbedding);
    visitor.accept(positionEmbedding);
    preLayerNorm.visit(visitor);
    blocks.forEach(block -> block.visit(visitor));
    postLayerNorm.visit(visitor);
    projection.visit(visitor);
  }
}
