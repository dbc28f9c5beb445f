package io.attune.nn;

import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * Second half of a block, row by row: {@code x2 = x + a Wo^T + bo}, {@code y = x2 +
 * fc2(activation(fc1(LN2(x2))))}, with a the heads' outputs.
 */
public final class OutputStage {
  private final Device device;
  private final Block block;
  private final Tensor attended;
  private final Tensor y;
  private final Buffers buffers;
  private final Epilogue outputEpilogue;
  private final Epilogue fc1Epilogue;
  private final Epilogue fc2Epilogue;

  /**
   * Prepares the stage.
   *
   * @param x [R, D], the residual stream at the rows wanted; rows may have gaps
   * @param attended [R, D]
   * @param y [R, D]; in inference it may be x
   */
  public OutputStage(
      Device device, Block block, Tensor x, Tensor attended, Tensor y, Buffers buffers) {
    this.device = device;
    this.block = block;
    this.attended = attended;
    this.y = y;
    this.buffers = buffers;
    Mlp mlp = block.mlp();
    this.outputEpilogue = Epilogue.biasResidual(block.attention().output().biasValue(), x);
    this.fc1Epilogue =
        Epilogue.biasActivation(mlp.fc1().biasValue(), mlp.activation(), buffers.preActivation());
    this.fc2Epilogue = Epilogue.biasResidual(mlp.fc2().biasValue(), middle());
  }

  private Tensor middle() {
    return buffers.middle() != null ? buffers.middle() : y;
  }

  /** The block's output, [R, D]. */
  public Tensor output() {
    return y;
  }

  public void forward() {
    Tensor middle = middle();
    block.attention().output().forward(device, attended, middle, outputEpilogue);
    block
        .layerNorm2()
        .forward(device, middle, buffers.normalized(), buffers.mean(), buffers.rstd());
    block.mlp().fc1().forward(device, buffers.normalized(), buffers.activated(), fc1Epilogue);
    block.mlp().fc2().forward(device, buffers.activated(), y, fc2Epilogue);
  }

  /**
   * Makes the backward pass of this stage.
   *
   * @param below whether gradients are wanted for what comes before this stage: its x and attended
   */
  public Backward backward(BackwardScratch scratch, boolean below) {
    return new Backward(scratch, below);
  }

  /** Gradients of the stage; only what trains, or lies above something that does, is computed. */
  public final class Backward {
    private final boolean below;
    private final boolean outputTrains = block.attention().output().trains();
    private final boolean normTrains = block.layerNorm2().trains();
    private final boolean fc1Trains = block.mlp().fc1().trains();
    private final Tensor dactivated;
    private final Tensor dnormalized;
    private final Tensor dattended;
    private final Tensor dstreamOperand;

    private Backward(BackwardScratch scratch, boolean below) {
      this.below = below;
      int rows = y.rows();
      this.dactivated = scratch.dactivated().rowRange(0, rows);
      this.dnormalized = scratch.dnormalized().rowRange(0, rows);
      this.dattended = scratch.dattended().rowRange(0, rows);
      Tensor operand = scratch.dstreamOperand();
      this.dstreamOperand = operand == null ? null : operand.rowRange(0, rows);
    }

    /**
     * Runs it.
     *
     * @param dstream [R, D]: dL/dy on entry; on return dL/dx by way of the residual connections
     * @param isRounded whether the scratch memory already holds dL/dy as products read it
     * @return dL/dattended [R, D], in scratch memory, or null where nothing below wants it
     */
    public Tensor run(Tensor dstream, boolean isRounded) {
      Mlp mlp = block.mlp();
      Tensor operand = dstreamOperand == null ? dstream : dstreamOperand;
      if (operand != dstream && !isRounded) {
        device.elementwise().copy(dstream, operand);
      }
      mlp.fc2().backwardParameters(device, buffers.activated(), operand);
      if (!(below || outputTrains || normTrains || fc1Trains)) {
        return null;
      }
      mlp.fc2().backwardInput(device, operand, 0, dactivated);
      device
          .activation()
          .backward(mlp.activation(), buffers.preActivation(), dactivated, dactivated);
      mlp.fc1().backwardParameters(device, buffers.normalized(), dactivated);
      if (!(below || outputTrains || normTrains)) {
        return null;
      }
      mlp.fc1().backwardInput(device, dactivated, 0, dnormalized);
      boolean streamWanted = below || outputTrains;
      block
          .layerNorm2()
          .backward(
              device,
              dnormalized,
              buffers.middle(),
              buffers.mean(),
              buffers.rstd(),
              streamWanted ? dstream : null,
              streamWanted ? dstreamOperand : null,
              true);
      if (!streamWanted) {
        return null;
      }
      block.attention().output().backwardParameters(device, attended, operand);
      if (!below) {
        return null;
      }
      block.attention().output().backwardInput(device, operand, 0, dattended);
      return dattended;
    }
  }

  /**
   * Intermediate tensors of the stage; in inference all blocks share one set.
   *
   * @param middle [R, D], the residual stream between the halves; null in inference, where y serves
   * @param normalized [R, D], LN2(x2)
   * @param mean [R], or null in inference; likewise rstd
   * @param preActivation [R, hidden], fc1's output, or null in inference
   * @param activated [R, hidden]
   */
  public record Buffers(
      Tensor middle,
      Tensor normalized,
      Tensor mean,
      Tensor rstd,
      Tensor preActivation,
      Tensor activated) {
    public static Buffers allocate(
        Workspace workspace, String name, Block block, long rows, boolean training) {
      int width = block.width();
      int hidden = block.mlp().hidden();
      return new Buffers(
          training ? workspace.tensor(name + ".middle", rows, width) : null,
          workspace.operand(name + ".layer_norm2", rows, width),
          training ? workspace.tensor(name + ".layer_norm2.mean", rows) : null,
          training ? workspace.tensor(name + ".layer_norm2.rstd", rows) : null,
          training ? workspace.operand(name + ".fc1", rows, hidden) : null,
          workspace.operand(name + ".activated", rows, hidden));
    }
  }
}
