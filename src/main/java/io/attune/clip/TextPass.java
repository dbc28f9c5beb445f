package io.attune.clip;

import io.attune.device.Device;
import io.attune.nn.PassOptions;
import io.attune.nn.TransformerPass;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/** The text tower for a number of texts of one length: token ids to embeddings, and back. */
public final class TextPass {
  private final Device device;
  private final TextTower tower;
  private final int texts;
  private final int length;
  private final Tensor ids;
  private final Tensor endRows;
  private final int[] endRowValues;
  private final Tensor stream;
  private final Tensor endTokens;
  private final Tensor dendTokens;
  private final TransformerPass blocks;
  private final EmbeddingHead head;
  private final boolean embeddingBackward;
  private final Tensor dstream;

  /**
   * Prepares the tower.
   *
   * @param texts number of texts, N
   * @param length tokens of each, T, at most the context: causal attention makes everything after
   *     the longest text's end token irrelevant
   * @param options {@code inputGradient} carries the backward pass down to the embeddings even
   *     where they are frozen
   */
  public TextPass(
      Device device,
      TextTower tower,
      Workspace workspace,
      int texts,
      int length,
      PassOptions options) {
    if (length < 1 || length > tower.config().context()) {
      throw new IllegalArgumentException(
          "texts of %d tokens do not fit a context of %d"
              .formatted(length, tower.config().context()));
    }
    this.device = device;
    this.tower = tower;
    this.texts = texts;
    this.length = length;
    int width = tower.config().text().width();
    this.embeddingBackward = options.training() && tower.embeddingTrains();
    this.ids = workspace.tensor("input_ids", DType.I32, texts, length);
    this.endRows = workspace.tensor("end_rows", DType.I32, texts);
    this.endRowValues = new int[texts];
    this.stream = workspace.tensor("text.stream", texts, length, width);
    this.blocks =
        new TransformerPass(
            device,
            tower.blocks(),
            workspace,
            stream,
            options
                .withFirstTokenOnly(false)
                .withInputGradient(embeddingBackward || options.inputGradient()));
    this.dstream = embeddingBackward ? blocks.inputGradient().reshape(texts, length, width) : null;
    this.endTokens = workspace.tensor("text.end_tokens", texts, width);
    this.dendTokens = blocks.trains() ? workspace.tensor("text.dend_tokens", texts, width) : null;
    this.head =
        new EmbeddingHead(
            device,
            tower.finalLayerNorm(),
            tower.projection(),
            workspace,
            endTokens,
            options.training());
  }

  /**
   * Sets the texts.
   *
   * @param values [N, T] token ids
   * @param offset of the first
   */
  public void setIds(int[] values, int offset) {
    int vocabulary = tower.config().vocabularySize();
    for (int n = 0; n < texts; n++) {
      int from = offset + n * length;
      for (int t = 0; t < length; t++) {
        if (values[from + t] < 0 || values[from + t] >= vocabulary) {
          throw new IllegalArgumentException(
              "token %d of text %d is %d, expected 0..%d"
                  .formatted(t, n, values[from + t], vocabulary - 1));
        }
      }
      endRowValues[n] = n * length + tower.endPosition(values, from, length);
    }
    device.write(ids, values, offset);
    device.write(endRows, endRowValues, 0);
  }

  /** [N, T, Dt], token plus position embeddings; overwritten by blocks that run in place. */
  public Tensor stream() {
    return stream;
  }

  /** Output of block n; see {@link TransformerPass#blockOutput}. */
  public Tensor blockOutput(int n) {
    return blocks.blockOutput(n);
  }

  /** [N, Dt], after final_layer_norm. */
  public Tensor pooled() {
    return head.pooled();
  }

  /** [N, projection], before L2 normalisation. */
  public Tensor embeds() {
    return head.embeds();
  }

  /** [N, projection], to be filled with dL/dembeds before {@link #backward}. */
  public Tensor embedsGradient() {
    return head.embedsGradient();
  }

  public void forward() {
    device
        .embedding()
        .tokens(ids, tower.tokenEmbedding().value(), tower.positionEmbedding().value(), stream);
    blocks.forward();
    device.embedding().gatherRows(blocks.output(), endRows, endTokens);
    head.forward();
  }

  public void backward() {
    if (!blocks.trains()) {
      head.backward(null);
      return;
    }
    head.backward(dendTokens);
    Tensor doutput = blocks.outputGradient();
    device.elementwise().fill(0, doutput);
    device.embedding().scatterAddRows(dendTokens, endRows, doutput);
    blocks.backward();
    if (embeddingBackward) {
      device
          .embedding()
          .tokensBackward(
              ids,
              dstream,
              tower.tokenEmbedding().gradient(),
              tower.positionEmbedding().gradient());
    }
  }
}
