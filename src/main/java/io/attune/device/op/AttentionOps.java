package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * Multi-head attention without a stored Tq x Tk matrix. Rows of q and out are [B Tq], rows of k and
 * v [B Tk]; head h takes columns h d to (h+1) d. Rows may have gaps, so q, k, v may be column
 * ranges of one packed matrix, and q the class token's rows alone.
 */
public interface AttentionOps {
  /**
   * {@code out = softmax(q k^T / sqrt d) v} per head.
   *
   * @param logSumExp [B, H, Tq], the natural log of each row's softmax denominator (scaled scores),
   *     for the backward pass; null in inference
   */
  void forward(AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp);

  /**
   * Gradients of {@link #forward}, recomputing the probabilities from {@code logSumExp}. With P the
   * probabilities: {@code dv = P^T dout}, {@code dS = P * (dout v^T - delta)} where delta is the
   * row sum of {@code dout * out}, {@code dq = dS k / sqrt d}, {@code dk = dS^T q / sqrt d}.
   *
   * @param delta [B, H, Tq] scratch, overwritten
   * @param dq written, as are dk and dv; any of the three may be null
   */
  void backward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp,
      Tensor dout,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv);
}
