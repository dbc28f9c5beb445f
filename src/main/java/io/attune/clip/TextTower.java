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

/** Parameters of the text tower: a causal transformer and its projection. */
public final class TextTower implements Module {
  private final ClipConfig config;
  private final Parameter tokenEmbedding;
  private final Parameter positionEmbedding;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm finalLayerNorm;
  private final Linear projection;

  TextTower(ClipConfig config, Arena arena) {
    this.config = config;
    ClipConfig.Tower sizes = config.text();
    int width = sizes.width();
    tokenEmbedding =
        new Parameter(
            arena.allocate(
                "text_model.embeddings.token_embedding.weight", config.vocabularySize(), width));
    positionEmbedding =
        new Parameter(
            arena.allocate(
                "text_model.embeddings.position_embedding.weight", config.context(), width));
    for (int n = 0; n < sizes.blocks(); n++) {
      blocks.add(
          Block.allocate(arena, "text_model.encoder.layers." + n, Clip.blockSizes(sizes, true)));
    }
    finalLayerNorm =
        LayerNorm.allocate(arena, "text_model.final_layer_norm", width, (float) sizes.epsilon());
    projection = Linear.allocateWithoutBias(arena, "text_projection", width, config.projection());
  }

  public ClipConfig config() {
    return config;
  }

  /** [V, Dt] */
  public Parameter tokenEmbedding() {
    return tokenEmbedding;
  }

  /** [context, Dt] */
  public Parameter positionEmbedding() {
    return positionEmbedding;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  public LayerNorm finalLayerNorm() {
    return finalLayerNorm;
  }

  /** [projection, Dt] */
  public Linear projection() {
    return projection;
  }

  /** Whether the token or position embedding trains. */
  public boolean embeddingTrains() {
    return tokenEmbedding.isTrainable() || positionEmbedding.isTrainable();
  }

  /**
   * The position of a text's end token, at which it is pooled.
   *
   * @param ids token ids; a text starts at {@code from} and is {@code length} long
   * @return 0..length-1
   */
  public int endPosition(int[] ids, int from, int length) {
    int end = 0;
    for (int t = 0; t < length; t++) {
      if (config.poolsAtLargestToken()) {
        if (ids[from + t] > ids[from + end]) {
          end = t;
        }
      } else if (ids[from + t] == config.endToken()) {
        return t;
      }
    }
    return end;
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    visitor.accept(tokenEmbedding);
    visitor.accept(positionEmbedding);
    blocks.forEach(block -> block.visit(visitor));
    finalLayerNorm.visit(visitor);
    projection.visit(visitor);
  }
}
