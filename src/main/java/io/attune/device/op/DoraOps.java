package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * The row-wise part of weight-decomposed adapters; the low-rank product is a matrix product. Rows
 * are output features: the transpose of U in spec/clip-hba.md section 4.
 */
public interface DoraOps {
  /**
   * {@code norm[o] = ||u[o]||}, {@code w[o] = magnitude[o] u[o]/(norm[o] + epsilon)}.
   *
   * @param u [out, in], base direction plus scaled low-rank product
   * @param magnitude [out]
   * @param w [out, in], the composed weight; F32, or BF16 where the device computes in it
   * @param norm [out], kept for the backward pass; null if there is none
   */
  void compose(Tensor u, Tensor magnitude, float epsilon, Tensor w, Tensor norm);

  /**
   * With {@code q = norm + epsilon} and {@code g = dw[o] . u[o]}: {@code dmagnitude[o] += g/q};
   * {@code du[o] = magnitude (dw[o]/q - u[o] g/(norm q^2))}, without the second term where the norm
   * is treated as a constant (PEFT's DoRA).
   *
   * @param dmagnitude [out], accumulates; null when frozen
   * @param du [out, in], overwritten; may be dw; null if only the magnitude trains
   */
  void composeBackward(
      Tensor dw,
      Tensor u,
      Tensor magnitude,
      Tensor norm,
      float epsilon,
      boolean constantNorm,
      Tensor dmagnitude,
      Tensor du);
}
