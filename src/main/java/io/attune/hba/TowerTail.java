package io.attune.hba;

import io.attune.clip.EmbeddingHead;
import io.attune.device.Device;
import io.attune.nn.BackwardScratch;
import io.attune.nn.Block;
import io.attune.nn.LayerNorm;
import io.attune.nn.Linear;
import io.attune.nn.OutputStage;
import io.attune.nn.PassOptions;
import io.attune.nn.TransformerPass;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * The part of a tower that adapters change: from the output projection of the first adapted block
 * upward. What enters is constant and may be cached: the residual stream before that block and the
 * heads' outputs of its attention. If that block is the tower's last, only the pooled token's rows
 * are needed.
 *
 * <p>The backward pass ends at that projection.
 */
public final class TowerTail implements EmbeddingPath {
  private final Device device;
  private final Tensor stream;
  private final Tensor attended;
  private final OutputStage output;
  private final OutputStage.Backward outputBackward;
  private final TransformerPass rest;
  private final Tensor endRows;
  private final Tensor pooledToken;
  private final Tensor dpooledToken;
  private final EmbeddingHead head;

  /**
   * The blocks of a tower and what follows them.
   *
   * @param first the lowest adapted block
   * @param causal whether the pooled token is each text's end token, not token 0
   */
  public record Parts(
      List<Block> blocks, int first, LayerNorm norm, Linear projection, boolean causal) {
    /** Whether the pooled token's rows are all that is needed. */
    public boolean pooledOnly() {
      return first == blocks.size() - 1;
    }
  }

  /**
   * Prepares the tail; adapters must be attached already.
   *
   * @param batch images or texts, N
   * @param tokens tokens of each, T
   */
  public TowerTail(Device device, Parts parts, Workspace workspace, int batch, int tokens) {
    this.device = device;
    Block block = parts.blocks().get(parts.first());
    int width = block.width();
    boolean pooledOnly = parts.pooledOnly();
    int rowsOfEach = pooledOnly ? 1 : tokens;
    int rows = Math.multiplyExact(batch, rowsOfEach);
    this.stream = workspace.tensor("tail.stream", batch, rowsOfEach, width);
    this.attended = workspace.operand("tail.attended", batch, rowsOfEach, width);
    Tensor y = workspace.tensor("tail.output", batch, rowsOfEach, width);
    this.output =
        new OutputStage(
            device,
            block,
            stream.reshape(rows, width),
            attended.reshape(rows, width),
            y.reshape(rows, width),
            OutputStage.Buffers.allocate(workspace, "tail", block, rows, true));
    this.outputBackward = output.backward(scratch(workspace, block, rows), false);
    this.rest = pooledOnly ? null : rest(device, parts, workspace, y);
    this.endRows =
        pooledOnly || !parts.causal() ? null : workspace.tensor("tail.end_rows", DType.I32, batch);
    if (pooledOnly) {
      this.pooledToken = y.reshape(batch, width);
      this.dpooledToken = workspace.tensor("tail.doutput", batch, width);
    } else if (parts.causal()) {
      this.pooledToken = workspace.tensor("tail.end_tokens", batch, width);
      this.dpooledToken = workspace.tensor("tail.dend_tokens", batch, width);
    } else {
      this.pooledToken = rest.output();
      this.dpooledToken = rest.outputGradient();
    }
    this.head =
        new EmbeddingHead(device, parts.norm(), parts.projection(), workspace, pooledToken, true);
  }

  private static TransformerPass rest(
      Device device, Parts parts, Workspace workspace, Tensor input) {
    List<Block> above = parts.blocks().subList(parts.first() + 1, parts.blocks().size());
    PassOptions options = PassOptions.training(!parts.causal()).withInputGradient(true);
    return new TransformerPass(device, above, workspace, input, options);
  }

  /** What the second half of a block needs; nothing below it is differentiated. */
  private static BackwardScratch scratch(Workspace workspace, Block block, int rows) {
    Tensor dnormalized = workspace.operand("tail.dnormalized", rows, block.width());
    Tensor dactivated = workspace.operand("tail.dactivated", rows, block.mlp().hidden());
    return new BackwardScratch(
        null,
        null,
        dnormalized,
        dnormalized,
        dactivated,
        BackwardScratch.dstreamOperand(workspace, rows, block.width()));
  }

  /** [N, T, D], or [N, 1, D] for the pooled token only: the residual stream, to be filled. */
  public Tensor stream() {
    return stream;
  }

  /** As {@link #stream}: the heads' outputs, to be filled. */
  public Tensor attended() {
    return attended;
  }

  /** I32 [N], rows of the end tokens among all N T, to be filled; null where not needed. */
  public Tensor endRows() {
    return endRows;
  }

  @Override
  public Tensor embeds() {
    return head.embeds();
  }

  @Override
  public Tensor embedsGradient() {
    return head.embedsGradient();
  }

  @Override
  public void forward() {
    output.forward();
    if (rest != null) {
      rest.forward();
      if (endRows != null) {
        device.embedding().gatherRows(rest.output(), endRows, pooledToken);
      }
    }
    head.forward();
  }

  @Override
  public void backward() {
    head.backward(dpooledToken);
    if (rest == null) {
      outputBackward.run(dpooledToken, false);
      return;
    }
    if (endRows != null) {
      device.elementwise().fill(0, rest.outputGradient());
      device.embedding().scatterAddRows(dpooledToken, endRows, rest.outputGradient());
    }
    rest.backward();
    outputBackward.run(rest.inputGradient(), false);
  }
}
