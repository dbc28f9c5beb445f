package io.attune.nn;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/**
 * Memory that the backward passes of all blocks share, one after the other.
 *
 * @param delta [B, H, T], see {@link io.attune.device.op.AttentionOps#backward}
 * @param dpacked [B T, 3D]
 * @param dnormalized [B T, D]
 * @param dattended [B T, D]
 * @param dactivated [B T, hidden]
 * @param dstreamOperand [B T, D], the stream's gradient rounded to bf16; null where products read
 *     it as it is
 */
public record BackwardScratch(
    Tensor delta,
    Tensor dpacked,
    Tensor dnormalized,
    Tensor dattended,
    Tensor dactivated,
    Tensor dstreamOperand) {
  /** Scratch for blocks like {@code block} at these sizes. */
  public static BackwardScratch allocate(Workspace workspace, Block block, StageSizes sizes) {
    long rows = sizes.rows();
    int width = block.width();
    return new BackwardScratch(
        workspace.tensor("scratch.delta", sizes.batch(), block.attention().heads(), sizes.tokens()),
        workspace.operand("scratch.dqkv", rows, 3L * width),
        workspace.operand("scratch.dnormalized", rows, width),
        workspace.operand("scratch.dattended", rows, width),
        workspace.operand("scratch.dactivated", rows, block.mlp().hidden()),
        dstreamOperand(workspace, rows, width));
  }

  /** Room for the stream's gradient in bf16, or null where products read it in F32. */
  public static Tensor dstreamOperand(Workspace workspace, long rows, int width) {
    return workspace.operandType() == DType.F32
        ? null
        : workspace.operand("scratch.dstream", rows, width);
  }

  /** The part of {@link #delta} that an attention of this shape needs, [B, H, Tq]. */
  Tensor delta(AttentionShape shape) {
    return Tensor.of(
        delta.name(),
        delta.buffer(),
        delta.offset(),
        Shape.of(shape.batch(), shape.heads(), shape.queries()));
  }
}
