package io.attune.clip;

import io.attune.device.Device;
import io.attune.nn.PassOptions;
import io.attune.nn.TransformerPass;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/** The image tower at one batch size: pixels to embeddings, and back. */
public final class VisionPass {
  private final Device device;
  private final VisionEmbedding embedding;
  private final TransformerPass blocks;
  private final EmbeddingHead head;
  private final boolean firstTokenOnly;
  private final boolean embeddingBackward;
  private final Tensor dclassTokens;

  /**
   * Prepares the tower.
   *
   * @param options {@code inputGradient} asks for the gradient of the pixels; {@code
   *     firstTokenOnly} is right except where the last block's whole output is to be looked at
   */
  public VisionPass(
      Device device, VisionTower tower, Workspace workspace, int batch, PassOptions options) {
    this.device = device;
    this.firstTokenOnly = options.firstTokenOnly();
    this.embeddingBackward =
        options.training() && (options.inputGradient() || tower.embeddingTrains());
    this.embedding = new VisionEmbedding(device, tower, workspace, batch, embeddingBackward);
    this.blocks =
        new TransformerPass(
            device,
            tower.blocks(),
            workspace,
            embedding.stream(),
            options.withInputGradient(embeddingBackward));
    Tensor output = blocks.output();
    this.head =
        new EmbeddingHead(
            device,
            tower.postLayerNorm(),
            tower.projection(),
            workspace,
            firstTokenOnly ? output : output.rowOfEachGroup(0),
            options.training());
    this.dclassTokens = blocks.trains() ? classTokens(blocks.outputGradient()) : null;
    if (options.training() && options.inputGradient()) {
      embedding.wantPixelGradient(workspace);
    }
    if (embeddingBackward) {
      embedding.prepareBackward(blocks.inputGradient());
    }
  }

  /** [B, 3, H, W], to be filled with normalised pixels before {@link #forward}. */
  public Tensor pixels() {
    return embedding.pixels();
  }

  /** [B, tokens, D], after pre_layrnorm; overwritten by blocks that run in place. */
  public Tensor stream() {
    return embedding.stream();
  }

  /** Output of block n; see {@link TransformerPass#blockOutput}. */
  public Tensor blockOutput(int n) {
    return blocks.blockOutput(n);
  }

  /** [B, D], after post_layernorm. */
  public Tensor pooled() {
    return head.pooled();
  }

  /** [B, projection], before L2 normalisation. */
  public Tensor embeds() {
    return head.embeds();
  }

  /** [B, projection], to be filled with dL/dembeds before {@link #backward}. */
  public Tensor embedsGradient() {
    return head.embedsGradient();
  }

  /** [B, 3, H, W] after {@link #backward}, where it was asked for; else null. */
  public Tensor pixelGradient() {
    return embedding.pixelGradient();
  }

  public void forward() {
    forwardBlocks();
    head.forward();
  }

  /** The forward pass up to the last block, without the head. */
  public void forwardBlocks() {
    embedding.forward();
    blocks.forward();
  }

  /**
   * Has the class token after every block copied out; see {@link TransformerPass#tapFirstTokens}.
   *
   * @param tokens [blocks, B, D], written by the forward pass
   * @param gradients [blocks, B, D], read by {@link #backwardFromClassTokens}; or null
   */
  public void tapClassTokens(Tensor tokens, Tensor gradients) {
    blocks.tapFirstTokens(tokens, gradients);
  }

  /** Gradients of a loss of the class tokens after every block; the head has no part in it. */
  public void backwardFromClassTokens() {
    if (!blocks.trains()) {
      return;
    }
    blocks.backwardFromTaps();
    if (embeddingBackward) {
      embedding.backward();
    }
  }

  public void backward() {
    if (!blocks.trains()) {
      head.backward(null);
      return;
    }
    if (!firstTokenOnly) {
      device.elementwise().fill(0, blocks.outputGradient());
    }
    head.backward(dclassTokens);
    blocks.backward();
    if (embeddingBackward) {
      embedding.backward();
    }
  }

  private Tensor classTokens(Tensor doutput) {
    return firstTokenOnly
        ? doutput
        : doutput.reshape(embedding.stream().shape().dims()).rowOfEachGroup(0);
  }
}
