package io.attune.nn;

import io.attune.device.Arena;
import io.attune.device.op.Activation;
import java.util.function.Consumer;

/**
 * A pre-LayerNorm transformer block: {@code x2 = x + attention(LN1(x))}, {@code y = x2 +
 * mlp(LN2(x2))}.
 */
public final class Block implements Module {
  private final LayerNorm layerNorm1;
  private final SelfAttention attention;
  private final LayerNorm layerNorm2;
  private final Mlp mlp;

  private Block(LayerNorm layerNorm1, SelfAttention attention, LayerNorm layerNorm2, Mlp mlp) {
    this.layerNorm1 = layerNorm1;
    this.attention = attention;
    this.layerNorm2 = layerNorm2;
    this.mlp = mlp;
  }

  /** Allocates the parameters of one block under {@code prefix}. */
  public static Block allocate(Arena arena, String prefix, BlockSizes sizes) {
    int width = sizes.width();
    return new Block(
        LayerNorm.allocate(arena, prefix + ".layer_norm1", width, sizes.epsilon()),
        SelfAttention.allocate(arena, prefix + ".self_attn", width, sizes.heads(), sizes.causal()),
        LayerNorm.allocate(arena, prefix + ".layer_norm2", width, sizes.epsilon()),
        Mlp.allocate(arena, prefix + ".mlp", width, sizes.hidden(), sizes.activation()));
  }

  public LayerNorm layerNorm1() {
    return layerNorm1;
  }

  public SelfAttention attention() {
    return attention;
  }

  public LayerNorm layerNorm2() {
    return layerNorm2;
  }

  public Mlp mlp() {
    return mlp;
  }

  public int width() {
    return attention.width();
  }

  /** Whether anything before the output projection trains: LN1 or the q, k, v projections. */
  public boolean attentionTrains() {
    return layerNorm1.trains() || attention.inputProjectionsTrain();
  }

  /** Whether the output projection or anything after it trains. */
  public boolean outputTrains() {
    return attention.output().trains() || layerNorm2.trains() || mlpTrains();
  }

  private boolean mlpTrains() {
    return mlp.fc1().trains() || mlp.fc2().trains();
  }

  @Override
  public boolean trains() {
    return attentionTrains() || outputTrains();
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    layerNorm1.visit(visitor);
    attention.visit(visitor);
    layerNorm2.visit(visitor);
    mlp.visit(visitor);
  }

  /**
   * Sizes shared by all blocks of a tower.
   *
   * @param width D
   * @param heads H; D is a multiple of it
   * @param hidden width of the MLP
   * @param activation of the MLP
   * @param epsilon of the LayerNorms
   * @param causal whether tokens see only what came before them
   */
  public record BlockSizes(
      int width, int heads, int hidden, Activation activation, float epsilon, boolean causal) {}
}
