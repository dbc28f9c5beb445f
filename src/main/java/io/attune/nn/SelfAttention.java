package io.attune.nn;

import io.attune.device.Arena;
import io.attune.tensor.Tensor;
import java.util.function.Consumer;

/**
 * The parameters of multi-head self-attention. Query, key and value weights lie below each other in
 * one matrix [3D, D], so that one product serves all three; each is a parameter of its own.
 */
public final class SelfAttention implements Module {
  private final int heads;
  private final boolean causal;
  private final Tensor packedWeight;
  private final Tensor packedBias;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;

  private SelfAttention(
      int heads, boolean causal, Tensor weight, Tensor bias, String prefix, Linear output) {
    this.heads = heads;
    this.causal = causal;
    this.packedWeight = weight;
    this.packedBias = bias;
    this.query = part(prefix + ".q_proj", 0);
    this.key = part(prefix + ".k_proj", 1);
    this.value = part(prefix + ".v_proj", 2);
    this.output = output;
  }

  /** Allocates {@code prefix.{q,k,v,out}_proj.{weight,bias}} for this width. */
  public static SelfAttention allocate(
      Arena arena, String prefix, int width, int heads, boolean causal) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "width %d is not a multiple of %d heads".formatted(width, heads));
    }
    Tensor weight = arena.allocate(prefix + ".qkv.weight", 3L * width, width);
    Tensor bias = arena.allocate(prefix + ".qkv.bias", 3L * width);
    Linear output = Linear.allocate(arena, prefix + ".out_proj", width, width);
    return new SelfAttention(heads, causal, weight, bias, prefix, output);
  }

  private Linear part(String name, int index) {
    int width = packedWeight.columns();
    Tensor weight = packedWeight.rowRange((long) index * width, width).named(name + ".weight");
    Tensor bias = packedBias.columnRange(index * width, width).reshape(width).named(name + ".bias");
    return new Linear(new Parameter(weight), new Parameter(bias));
  }

  public int width() {
    return packedWeight.columns();
  }

  public int heads() {
    return heads;
  }

  public boolean causal() {
    return causal;
  }

  /** Query, key and value weights below each other, [3D, D]. */
  public Tensor packedWeight() {
    return packedWeight;
  }

  /** Query, key and value biases, [3D]. */
  public Tensor packedBias() {
    return packedBias;
  }

  public Linear query() {
    return query;
  }

  public Linear key() {
    return key;
  }

  public Linear value() {
    return value;
  }

  /** The output projection, where adapters sit. */
  public Linear output() {
    return output;
  }

  /** Whether the query, key or value projection trains. */
  public boolean inputProjectionsTrain() {
    return query.trains() || key.trains() || value.trains();
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    query.visit(visitor);
    key.visit(visitor);
    value.visit(visitor);
    output.visit(visitor);
  }
}
