package io.attune.hba;

import io.attune.clip.TextTower;
import io.attune.device.Device;
import io.attune.nn.AttentionStage;
import io.attune.nn.Block;
import io.attune.nn.PassOptions;
import io.attune.nn.StageSizes;
import io.attune.nn.TransformerPass;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * The constant part of the text tower below the output projection of block {@code first}, for a
 * fixed set of texts. Saves nothing.
 */
public final class TextTrunk {
  private final Device device;
  private final TextTower tower;
  private final Tensor ids;
  private final Tensor all;
  private final Tensor heads;
  private final TransformerPass below;
  private final AttentionStage attention;

  /** Prepares the trunk for texts of {@code length} tokens. */
  public TextTrunk(
      Device device, TextTower tower, Workspace workspace, int texts, int length, int first) {
    this.device = device;
    this.tower = tower;
    Block block = tower.blocks().get(first);
    StageSizes sizes = new StageSizes(texts, length, false);
    ids = workspace.tensor("input_ids", DType.I32, texts, length);
    all = workspace.tensor("text.stream", texts, length, block.width());
    below =
        first == 0
            ? null
            : new TransformerPass(
                device,
                tower.blocks().subList(0, first),
                workspace,
                all,
                PassOptions.inference(false));
    heads = workspace.operand("trunk.attended", sizes.rows(), block.width());
    attention =
        new AttentionStage(
            device,
            block,
            sizes,
            all,
            heads,
            AttentionStage.Buffers.allocate(workspace, "trunk", block, sizes, false));
  }

  /** [N T, D]: the residual stream before the block, at all tokens. */
  public Tensor stream() {
    return all;
  }

  /** [N T, D]: the heads' outputs side by side. */
  public Tensor attended() {
    return heads;
  }

  /** Runs the texts' tokens, [N, T]. */
  public void forward(int[] tokens) {
    device.write(ids, tokens, 0);
    device
        .embedding()
        .tokens(ids, tower.tokenEmbedding().value(), tower.positionEmbedding().value(), all);
    if (below != null) {
      below.forward();
    }
    attention.forward();
  }
}
