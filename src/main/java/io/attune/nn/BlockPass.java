package io.attune.nn;

import io.attune.device.Device;
import io.attune.tensor.Tensor;

/** One block at one batch size: both stages, forward and, when it trains, backward. */
public final class BlockPass {
  private final Device device;
  private final StageSizes sizes;
  private final AttentionStage attention;
  private final OutputStage output;
  private final boolean inputGradient;
  private final boolean recompute;
  private AttentionStage.Backward attentionBackward;
  private OutputStage.Backward outputBackward;
  private boolean attentionWanted;

  /**
   * Prepares a block.
   *
   * @param x [B, T, D]
   * @param y [B, T, D], or [B, D] for the first token only; in inference it may be x
   * @param inputGradient whether dL/dx is wanted
   * @param recompute whether the backward pass runs the forward pass again first
   */
  BlockPass(
      Device device,
      Block block,
      StageSizes sizes,
      Tensor x,
      Tensor y,
      Buffers buffers,
      boolean inputGradient,
      boolean recompute) {
    this.device = device;
    this.sizes = sizes;
    this.inputGradient = inputGradient;
    this.recompute = recompute;
    this.attention =
        new AttentionStage(device, block, sizes, x, buffers.attended(), buffers.attention());
    Tensor rows = sizes.firstTokenOnly() ? x.rowOfEachGroup(0) : flat(x);
    this.output =
        new OutputStage(device, block, rows, buffers.attended(), flat(y), buffers.output());
    this.attentionWanted = inputGradient || block.attentionTrains();
  }

  private static Tensor flat(Tensor tensor) {
    return tensor.reshape(tensor.rows(), tensor.columns());
  }

  void prepareBackward(BackwardScratch scratch) {
    outputBackward = output.backward(scratch, attentionWanted);
    if (attentionWanted) {
      attentionBackward = attention.backward(scratch, sizes, inputGradient);
    }
  }

  void forward() {
    attention.forward();
    output.forward();
  }

  /**
   * Runs both stages backward.
   *
   * @param dstream [B T, D], the residual stream's gradient: dL/dy on entry unless {@code dfirst}
   *     is given; dL/dx on return where it is wanted
   * @param isRounded whether the scratch memory holds dstream as products read it, as the block
   *     above leaves it
   * @param dfirst [B, D], dL/dy of the first token, for a block that computes no other; else null
   * @param firstRows the first tokens' rows of dstream, [B, D], or null likewise
   */
  void backward(Tensor dstream, boolean isRounded, Tensor dfirst, Tensor firstRows) {
    if (recompute) {
      forward();
    }
    Tensor dattended = outputBackward.run(dfirst != null ? dfirst : dstream, isRounded);
    if (attentionWanted) {
      attentionBackward.run(dattended, dstream, dfirst == null);
      if (dfirst != null && inputGradient) {
        device.elementwise().add(firstRows, dfirst, firstRows);
      }
    }
  }

  /**
   * Intermediate tensors of a block.
   *
   * @param attended [B T, D], or [B, D] for the first token only
   */
  record Buffers(AttentionStage.Buffers attention, Tensor attended, OutputStage.Buffers output) {
    static Buffers allocate(
        Workspace workspace, String name, Block block, StageSizes sizes, boolean training) {
      return new Buffers(
          AttentionStage.Buffers.allocate(workspace, name, block, sizes, training),
          workspace.operand(name + ".attended", sizes.outputRows(), block.width()),
          OutputStage.Buffers.allocate(workspace, name, block, sizes.outputRows(), training));
    }
  }
}
