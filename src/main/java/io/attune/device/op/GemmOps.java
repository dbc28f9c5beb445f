package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Matrix products on row-major matrices; accumulation in f32. */
public interface GemmOps {
  /**
   * {@code C = epilogue(alpha op(A) op(B) + beta C)}. A tensor of higher rank counts as the matrix
   * of its rows. With {@code beta = 0}, C is written without being read.
   *
   * @param transposeA false: a is [M, K]; true: a is [K, M]
   * @param transposeB false: b is [K, N]; true: b is [N, K], as a layer's weight [out, in] is
   * @param c [M, N]
   */
  void multiply(
      boolean transposeA,
      Tensor a,
      boolean transposeB,
      Tensor b,
      float alpha,
      float beta,
      Tensor c,
      Epilogue epilogue);

  /**
   * The same product for {@code batch} triples of matrices. The tensors are the first of each; the
   * i-th lies i strides (in elements) further on in the same buffer; a stride may be 0 for A and B.
   * Bias is shared by all; preActivation and residual advance as C does.
   */
  void multiplyBatched(
      int batch,
      boolean transposeA,
      Tensor a,
      long strideA,
      boolean transposeB,
      Tensor b,
      long strideB,
      float alpha,
      float beta,
      Tensor c,
      long strideC,
      Epilogue epilogue);
}
