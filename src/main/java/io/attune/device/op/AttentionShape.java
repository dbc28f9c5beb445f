package io.attune.device.op;

import io.attune.tensor.Tensor;

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

  /**
   * q and out are [B Tq, H d], k and v [B Tk, H d]; their gradients likewise, which may be null.
   */
  public void requireOperands(Tensor q, Tensor k, Tensor v, Tensor out) {
    require(q, (long) batch * queries);
    require(k, (long) batch * keys);
    require(v, (long) batch * keys);
    require(out, (long) batch * queries);
  }

  private void require(Tensor x, long rows) {
    if (x != null && (x.rows() != rows || x.columns() != width())) {
      throw new IllegalArgumentException(
          "%s must have %d rows of %d for %s".formatted(x, rows, width(), this));
    }
  }

  /** {@code x} is null or [B, H, Tq] without gaps. */
  public void requireStatistics(Tensor x) {
    long size = (long) batch * heads * queries;
    if (x != null && (x.size() != size || !x.isContiguous())) {
      throw new IllegalArgumentException(
          "%s must hold %d contiguous elements for %s".formatted(x, size, this));
    }
  }
}
