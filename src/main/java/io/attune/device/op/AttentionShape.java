package io.attune.device.op;

/**
 * Sizes of one attention call.
 *
 * @param batch sequences, B
 * @param heads H
 * @param queries query tokens of a sequence, Tq; 1 where only the class token is wanted
 * @param keys key and value tokens of a sequence, Tk
 * @param headSize d; the model's width is H d
 * @param causal query i sees keys 0..i only; needs Tq = Tk
 */
public record AttentionShape(
    int batch, int heads, int queries, int keys, int headSize, boolean causal) {
  public AttentionShape {
    if (batch < 0 || heads < 1 || queries < 1 || keys < 1 || headSize < 1) {
      throw new IllegalArgumentException(
          "attention of batch %d, %d heads, %d queries, %d keys, head size %d is impossible"
              .formatted(batch, heads, queries, keys, headSize));
    }
    if (causal && queries != keys) {
      throw new IllegalArgumentException(
          "causal attention needs as many queries as keys: %d vs %d".formatted(queries, keys));
    }
  }

  public int width() {
    return heads * headSize;
  }

  /** {@code 1/sqrt(d)}, by which scores are multiplied. */
  public float scale() {
    return (float) (1 / Math.sqrt(headSize));
  }
}
