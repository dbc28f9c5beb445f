package io.attune.nn;

import io.attune.device.Device;
import io.attune.device.op.AttentionShape;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * First half of a block: {@code a = attention(q, k, v)} with {@code [q k v] = LN1(x) W^T + b}. The
 * output projection belongs to the second half ({@link OutputStage}), since below an adapted one
 * everything here is constant.
 */
public final class AttentionStage {
  private final Device device;
  private final Block block;
  private final SelfAttention attention;
  private final AttentionShape shape;
  private final boolean firstTokenOnly;
  private final Tensor x;
  private final Tensor normalized;
  private final Tensor normalizedFirst;
  private final Buffers buffers;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor keysValues;
  private final Tensor out;
  private final Epilogue packedBias;
  private final Epilogue queryBias;
  private final Epilogue keysValuesBias;
  private final Tensor keyValueWeight;

  /**
   * Prepares the stage.
   *
   * @param x [B, T, D], the residual stream
   * @param out [B T, D], or [B, D] for the first token only: the heads' outputs side by side
   */
  public AttentionStage(
      Device device, Block block, StageSizes sizes, Tensor x, Tensor out, Buffers buffers) {
    this.device = device;
    this.block = block;
    this.attention = block.attention();
    int width = block.width();
    int tokens = sizes.tokens();
    this.firstTokenOnly = sizes.firstTokenOnly();
    boolean single = firstTokenOnly && tokens > 1;
    this.shape =
        new AttentionShape(
            sizes.batch(),
            attention.heads(),
            firstTokenOnly ? 1 : tokens,
            tokens,
            width / attention.heads(),
            attention.causal() && !single);
    if (single && attention.causal()) {
      throw new IllegalArgumentException("a causal block's first token sees only itself");
    }
    this.x = x;
    this.out = out;
    this.buffers = buffers;
    this.normalized = buffers.normalized();
    this.normalizedFirst = firstRows(normalized, sizes);
    Tensor packed = buffers.packed();
    this.q =
        firstTokenOnly
            ? firstRows(packed.columnRange(0, width), sizes)
            : packed.columnRange(0, width);
    this.k = packed.columnRange(width, width);
    this.v = packed.columnRange(2 * width, width);
    this.keysValues = packed.columnRange(width, 2 * width);
    this.packedBias = Epilogue.bias(attention.packedBias());
    this.queryBias = Epilogue.bias(attention.query().biasValue());
    this.keysValuesBias =
        Epilogue.bias(attention.packedBias().columnRange(width, 2 * width).reshape(2L * width));
    this.keyValueWeight = attention.packedWeight().rowRange(width, 2L * width);
  }

  static Tensor firstRows(Tensor rows, StageSizes sizes) {
    return rows.reshape(sizes.batch(), sizes.tokens(), rows.columns()).rowOfEachGroup(0);
  }

  /** The heads' outputs, input of the output projection. */
  public Tensor output() {
    return out;
  }

  public void forward() {
    block.layerNorm1().forward(device, x, normalized, buffers.mean(), buffers.rstd());
    if (firstTokenOnly) {
      attention.query().forward(device, normalizedFirst, q, queryBias);
      device
          .gemm()
          .multiply(false, normalized, true, keyValueWeight, 1, 0, keysValues, keysValuesBias);
    } else {
      device
          .gemm()
          .multiply(
              false,
              normalized,
              true,
              attention.packedWeight(),
              1,
              0,
              buffers.packed(),
              packedBias);
    }
    device.attention().forward(shape, q, k, v, out, buffers.logSumExp());
  }

  /**
   * Makes the backward pass of this stage.
   *
   * @param inputGradient whether dx is wanted
   */
  public Backward backward(BackwardScratch scratch, StageSizes sizes, boolean inputGradient) {
    return new Backward(scratch, sizes, inputGradient);
  }

  /** Gradients of the stage; only what trains, or lies above something that does, is computed. */
  public final class Backward {
    private final boolean inputGradient;
    private final boolean normTrains;
    private final Tensor delta;
    private final Tensor dpacked;
    private final Tensor dnormalized;
    private final Tensor dnormalizedFirst;
    private final Tensor dq;
    private final Tensor dk;
    private final Tensor dv;
    private final Tensor dkeysValues;
    private final Tensor dstreamOperand;

    private Backward(BackwardScratch scratch, StageSizes sizes, boolean inputGradient) {
      int width = block.width();
      this.inputGradient = inputGradient;
      this.normTrains = block.layerNorm1().trains();
      this.delta = scratch.delta(shape);
      this.dpacked = scratch.dpacked().rowRange(0, sizes.rows());
      this.dnormalized = scratch.dnormalized().rowRange(0, sizes.rows());
      this.dnormalizedFirst = firstRows(dnormalized, sizes);
      Tensor dqueries = dpacked.columnRange(0, width);
      this.dq = firstTokenOnly ? firstRows(dqueries, sizes) : dqueries;
      this.dk = dpacked.columnRange(width, width);
      this.dv = dpacked.columnRange(2 * width, width);
      this.dkeysValues = dpacked.columnRange(width, 2 * width);
      Tensor operand = scratch.dstreamOperand();
      this.dstreamOperand = operand == null ? null : operand.rowRange(0, sizes.rows());
    }

    /**
     * Runs it.
     *
     * @param dout as {@code out}
     * @param dx [B T, D], written, or added to when {@code accumulate}; untouched when no input
     *     gradient was asked for. Where products read it rounded, the scratch memory then holds it
     *     so
     */
    public void run(Tensor dout, Tensor dx, boolean accumulate) {
      device
          .attention()
          .backward(shape, q, k, v, out, buffers.logSumExp(), dout, delta, dq, dk, dv);
      Tensor queryInput = firstTokenOnly ? normalizedFirst : normalized;
      attention.query().backwardParameters(device, queryInput, dq);
      attention.key().backwardParameters(device, normalized, dk);
      attention.value().backwardParameters(device, normalized, dv);
      if (!inputGradient && !normTrains) {
        return;
      }
      if (firstTokenOnly) {
        device
            .gemm()
            .multiply(false, dkeysValues, false, keyValueWeight, 1, 0, dnormalized, Epilogue.NONE);
        attention.query().backwardInput(device, dq, 1, dnormalizedFirst);
      } else {
        device
            .gemm()
            .multiply(
                false, dpacked, false, attention.packedWeight(), 1, 0, dnormalized, Epilogue.NONE);
      }
      block
          .layerNorm1()
          .backward(
              device,
              dnormalized,
              x,
              buffers.mean(),
              buffers.rstd(),
              inputGradient ? dx : null,
              inputGradient ? dstreamOperand : null,
              accumulate);
    }
  }

  /**
   * Intermediate tensors of the stage; in inference all blocks share one set.
   *
   * @param normalized [B T, D], LN1(x)
   * @param mean [B T], or null in inference; likewise rstd
   * @param packed [B T, 3D], q, k and v side by side
   * @param logSumExp [B, H, Tq], or null in inference
   */
  public record Buffers(
      Tensor normalized, Tensor mean, Tensor rstd, Tensor packed, Tensor logSumExp) {
    public static Buffers allocate(
        Workspace workspace, String name, Block block, StageSizes sizes, boolean training) {
      long rows = sizes.rows();
      int width = block.width();
      return new Buffers(
          workspace.operand(name + ".layer_norm1", rows, width),
          training ? workspace.tensor(name + ".layer_norm1.mean", rows) : null,
          training ? workspace.tensor(name + ".layer_norm1.rstd", rows) : null,
          workspace.operand(name + ".qkv", rows, 3L * width),
          training
              ? workspace.tensor(
                  name + ".log_sum_exp",
                  sizes.batch(),
                  block.attention().heads(),
                  sizes.firstTokenOnly() ? 1 : sizes.tokens())
              : null);
    }
  }
}
