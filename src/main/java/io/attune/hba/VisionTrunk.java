package io.attune.hba;

import io.attune.clip.VisionEmbedding;
import io.attune.clip.VisionTower;
import io.attune.device.Device;
import io.attune.nn.AttentionStage;
import io.attune.nn.Block;
import io.attune.nn.PassOptions;
import io.attune.nn.StageSizes;
import io.attune.nn.TransformerPass;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * The constant part of the image tower below the output projection of block {@code first}: what a
 * {@link TowerTail} starts from. Saves nothing.
 */
public final class VisionTrunk {
  private final VisionEmbedding embedding;
  private final TransformerPass below;
  private final AttentionStage attention;
  private final Tensor stream;
  private final Tensor attended;

  /** Prepares the trunk for {@code batch} images. */
  public VisionTrunk(Device device, VisionTower tower, Workspace workspace, int batch, int first) {
    Block block = tower.blocks().get(first);
    int tokens = tower.config().visionTokens();
    boolean last = first == tower.blocks().size() - 1;
    StageSizes sizes = new StageSizes(batch, tokens, last);
    embedding = new VisionEmbedding(device, tower, workspace, batch, false);
    below =
        first == 0
            ? null
            : new TransformerPass(
                device,
                tower.blocks().subList(0, first),
                workspace,
                embedding.stream(),
                PassOptions.inference(false));
    Tensor all = embedding.stream();
    Tensor heads = workspace.operand("trunk.attended", sizes.outputRows(), block.width());
    attention =
        new AttentionStage(
            device,
            block,
            sizes,
            all,
            heads,
            AttentionStage.Buffers.allocate(workspace, "trunk", block, sizes, false));
    stream = last ? all.rowOfEachGroup(0) : all.reshape(sizes.rows(), block.width());
    attended = heads;
  }

  /** [B, 3, H, W], to be filled with normalised pixels before {@link #forward}. */
  public Tensor pixels() {
    return embedding.pixels();
  }

  /** [B T, D], or [B, D] for the class token only: the residual stream before the block. */
  public Tensor stream() {
    return stream;
  }

  /** As {@link #stream}: the heads' outputs side by side. */
  public Tensor attended() {
    return attended;
  }

  public void forward() {
    embedding.forward();
    if (below != null) {
      below.forward();
    }
    attention.forward();
  }
}
