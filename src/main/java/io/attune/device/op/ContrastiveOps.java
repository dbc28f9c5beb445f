package io.attune.device.op;

import io.attune.tensor.Tensor;

/** CLIP's logits and its symmetric loss. */
public interface ContrastiveOps {
  /**
   * {@code logits = exp(logScale) cosine}.
   *
   * @param cosine [B, N], products of unit rows
   * @param logScale [1], the natural log of the scale
   * @param logits [B, N]
   */
  void logits(Tensor cosine, Tensor logScale, Tensor logits);

  /**
   * {@code dcosine = exp(logScale) dlogits}; {@code dlogScale += sum(dlogits logits)}.
   *
   * @param dlogScale [1], accumulates; null when frozen
   */
  void logitsBackward(
      Tensor dlogits, Tensor logits, Tensor logScale, Tensor dcosine, Tensor dlogScale);

  /**
   * {@code loss = (mean_i(rowLse_i - l_ii) + mean_j(columnLse_j - l_jj))/2}: the mean of the two
   * cross-entropies against the diagonal; accumulated in f64.
   *
   * @param logits [N, N]
   * @param rowLse [N], log-sum-exp of each row, kept for the backward pass; columnLse likewise
   * @param loss [1]
   */
  void loss(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor loss);

  /** {@code dlogits = (exp(l - rowLse) + exp(l - columnLse) - 2 I)/(2 N)}. */
  void lossBackward(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor dlogits);
}
