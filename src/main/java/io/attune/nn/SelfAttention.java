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
  private final Parameter packedWeight;
  private final Parameter packedBias;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;

  private SelfAttention(
      int heads, boolean causal, Parameter weight, Parameter bias, String prefix, Linear output) {
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
    Parameter weight = Parameter.operand(arena, prefix + ".qkv.weight", 3L * width, width);
    Parameter bias = Parameter.operand(arena, prefix + ".qkv.bias", 3L * width);
    Linear output = Linear.allocate(arena, prefix + ".out_proj", width, width);
    return new SelfAttention(heads, causal, weight, bias, prefix, output);
  }

  private Linear part(String name, int index) {
    int width = width();
    return new Linear(
        packedWeight.part(all -> all.rowRange((long) index * width, width).named(name + ".weight")),
        packedBias.part(
            all -> all.columnRange(index * width, width).reshape(width).named(name + ".bias")));
  }

  public int width() {
    return packedWeight.value().columns();
  }

  public int heads() {
    return heads;
  }

  public boolean causal() {
    return causal;
  }

  /** Query, key and value weights below each other, [3D, D], as products read them. */
  public Tensor packedWeight() {
    return packedWeight.operand();
  }

  /** Query, key and value biases, [3D], in the type of the layers' output. */
  public Tensor packedBias() {
    return packedBias.operand();
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
