package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Normalisation of rows. */
public interface NormalizeOps {
  /**
   * {@code y = x/||x||} per row.
   *
   * @param norm [rows], the norms, for the backward pass; or null
   */
  void l2(Tensor x, Tensor y, Tensor norm);

  /** {@code dx = (dy - y (y . dy))/norm} per row; dx may be dy. */
  void l2Backward(Tensor dy, Tensor y, Tensor norm, Tensor dx);

  /** {@code y = exp(x - max)/sum} per row; y may be x. */
  void softmax(Tensor x, Tensor y);

  /** {@code dx = y (dy - sum(dy y))} per row; dx may be dy. */
  void softmaxBackward(Tensor dy, Tensor y, Tensor dx);
}
