package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Copies and sums of equally shaped tensors; rows may have gaps. */
public interface ElementwiseOps {
  /** {@code y = value}. */
  void fill(float value, Tensor y);

  /** {@code y = x}; F32 or I32. */
  void copy(Tensor x, Tensor y);

  /** {@code y = alpha x + beta y}; with beta = 0, y is not read. */
  void axpby(float alpha, Tensor x, float beta, Tensor y);

  /** {@code z = x + y}; z may be x or y. */
  void add(Tensor x, Tensor y, Tensor z);
}
