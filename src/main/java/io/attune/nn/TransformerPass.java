package io.attune.nn;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A run of blocks at one batch size. Blocks below the lowest that trains run as in inference, in
 * place and saving nothing; the backward pass stops there, unless the input's gradient is wanted.
 */
public final class TransformerPass {
  private final Device device;
  private final List<BlockPass> passes = new ArrayList<>();
  private final List<Tensor> outputs = new ArrayList<>();
  private final Tensor input;
  private final boolean firstTokenOnly;
  private final int firstTrained;
  private final Tensor dstream;
  private final Tensor dfirst;
  private final Tensor dstreamFirst;
  private FirstTokenTaps taps;

  /**
   * Prepares the blocks.
   *
   * @param blocks in order; not empty
   * @param x [B, T, D], their input, overwritten where blocks run in place
   * @param options what is wanted
   */
  public TransformerPass(
      Device device, List<Block> blocks, Workspace workspace, Tensor x, PassOptions options) {
    this.device = device;
    this.input = x;
    this.firstTokenOnly = options.firstTokenOnly();
    int batch = x.shape().dim(0);
    int tokens = x.shape().dim(1);
    int width = x.columns();
    StageSizes all = new StageSizes(batch, tokens, false);
    StageSizes last = new StageSizes(batch, tokens, firstTokenOnly);
    int count = blocks.size();
    this.firstTrained = options.training() ? firstTrained(blocks, options) : count;

    BlockPass.Buffers shared = null;
    Tensor stream = x;
    for (int n = 0; n < count; n++) {
      Block block = blocks.get(n);
      boolean saved = n >= firstTrained;
      StageSizes sizes = n == count - 1 ? last : all;
      String name = "block." + n;
      BlockPass.Buffers buffers;
      if (sizes.firstTokenOnly() || (saved && !options.recompute())) {
        buffers = BlockPass.Buffers.allocate(workspace, name, block, sizes, saved);
      } else {
        if (shared == null || (saved && shared.output().middle() == null)) {
          shared = BlockPass.Buffers.allocate(workspace, name, block, sizes, saved);
        }
        buffers = shared;
      }
      Tensor y =
          sizes.firstTokenOnly()
              ? workspace.tensor(name + ".first", batch, width)
              : saved ? workspace.tensor(name + ".stream", batch, tokens, width) : stream;
      boolean wantsInput = saved && (n > firstTrained || options.inputGradient());
      passes.add(
          new BlockPass(device, block, sizes, stream, y, buffers, wantsInput, options.recompute()));
      outputs.add(y);
      stream = y;
    }

    if (firstTrained < count) {
      BackwardScratch scratch = BackwardScratch.allocate(workspace, blocks.get(0), all);
      for (int n = firstTrained; n < count; n++) {
        passes.get(n).prepareBackward(scratch);
      }
      dstream = workspace.tensor("dstream", (long) batch * tokens, width);
      dfirst = firstTokenOnly ? workspace.tensor("dfirst", batch, width) : null;
      dstreamFirst = AttentionStage.firstRows(dstream, all);
    } else {
      dstream = null;
      dfirst = null;
      dstreamFirst = null;
    }
  }

  private static int firstTrained(List<Block> blocks, PassOptions options) {
    if (options.inputGradient()) {
      return 0;
    }
    int n = 0;
    while (n < blocks.size() && !blocks.get(n).trains()) {
      n++;
    }
    return n;
  }

  /**
   * Has every block's output at token 0 copied out in the forward pass; {@link #backwardFromTaps}
   * then starts from gradients with respect to these copies.
   *
   * @param tokens [blocks, B, D], written by {@link #forward}
   * @param gradients [blocks, B, D], read by {@link #backwardFromTaps}; null if it is never run
   */
  public void tapFirstTokens(Tensor tokens, Tensor gradients) {
    taps = new FirstTokenTaps(device, outputs, firstTokenOnly, tokens, gradients);
  }

  /** [B, T, D], to be filled before {@link #forward}. */
  public Tensor input() {
    return input;
  }

  /** The last block's output: [B, T, D], or [B, D] for the first token only. */
  public Tensor output() {
    return outputs.getLast();
  }

  /** Output of block n; in inference all blocks share one stream, which later ones overwrite. */
  public Tensor blockOutput(int n) {
    return outputs.get(n);
  }

  /** Whether there is anything to run backward. */
  public boolean trains() {
    return dstream != null;
  }

  /** To be filled with dL/doutput before {@link #backward}: [B T, D], or [B, D]. */
  public Tensor outputGradient() {
    return firstTokenOnly ? dfirst : dstream;
  }

  /** After {@link #backward}: dL/dinput [B T, D], where it was asked for. */
  public Tensor inputGradient() {
    return dstream;
  }

  public void forward() {
    for (int n = 0; n < passes.size(); n++) {
      passes.get(n).forward();
      if (taps != null) {
        taps.copy(n);
      }
    }
  }

  /** Gradients of the loss whose gradient at every block's first token has been filled in. */
  public void backwardFromTaps() {
    if (!firstTokenOnly) {
      device.elementwise().fill(0, dstream);
    }
    taps.start(passes.size() - 1, firstTokenOnly ? dfirst : dstreamFirst);
    run(true);
  }

  public void backward() {
    run(false);
  }

  private void run(boolean addTaps) {
    int lastIndex = passes.size() - 1;
    for (int n = lastIndex; n >= firstTrained; n--) {
      if (addTaps && n < lastIndex) {
        taps.add(n, dstreamFirst);
      }
      boolean first = firstTokenOnly && n == lastIndex;
      // A block of the first token alone adds to the stream's gradient after its last LayerNorm.
      // What a tap added is not in the rounded copy.
      boolean isRounded = !addTaps && n < lastIndex && !(firstTokenOnly && n + 1 == lastIndex);
      passes
          .get(n)
          .backward(dstream, isRounded, first ? dfirst : null, first ? dstreamFirst : null);
    }
  }
}
