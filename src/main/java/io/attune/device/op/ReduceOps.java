package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * Sums over many elements, accumulated in f64. What returns a number waits for the device. Where
 * the device holds BF16, all but {@link #meanSquaredError} take BF16 tensors too; results are F32.
 */
public interface ReduceOps {
  /** Sum of all elements. */
  double sum(Tensor x);

  /** Sum of squares over all tensors: the square of a gradient's norm. */
  double squaredNorm(Tensor[] tensors);

  /** Index of the first tensor that holds a NaN or an infinity, or -1. */
  int firstNonFinite(Tensor[] tensors);

  /**
   * {@code out[j] = sum over rows of x[i,j]}, added to out when {@code accumulate}: a bias's
   * gradient.
   *
   * @param out [columns of x]
   */
  void columnSums(Tensor x, boolean accumulate, Tensor out);

  /**
   * {@code loss = mean((prediction - target)^2)}, {@code dprediction = 2 (prediction - target)/n}.
   *
   * @param loss [1]
   * @param dprediction as prediction, or null
   */
  void meanSquaredError(Tensor prediction, Tensor target, Tensor loss, Tensor dprediction);
}
