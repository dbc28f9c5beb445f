package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Layer normalisation over the last axis; the variance is the population's. */
public interface LayerNormOps {
  /**
   * {@code y = (x - mean) rstd gamma + beta}, {@code rstd = 1/sqrt(variance + epsilon)}.
   *
   * @param x [rows, D]
   * @param gamma [D]
   * @param beta [D]
   * @param y [rows, D]; may be x
   * @param mean [rows], for the backward pass, or null; likewise rstd
   */
  void forward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor mean, Tensor rstd);

  /**
   * {@code sum = x + branch}, then {@link #forward} on sum: the residual addition fused with the
   * normalisation that follows it. sum may be x.
   */
  void addForward(
      Tensor x,
      Tensor branch,
      Tensor gamma,
      Tensor beta,
      float epsilon,
      Tensor sum,
      Tensor y,
      Tensor mean,
      Tensor rstd);

  /**
   * With {@code h = (x - mean) rstd} and {@code g = dy gamma}: {@code dx = rstd (g - mean(g) - h
   * mean(g h))}; {@code dgamma += sum over rows of dy h}; {@code dbeta += sum over rows of dy}.
   *
   * @param dx [rows, D], or null; added to when {@code accumulate}, as the residual stream's
   *     gradient is, else overwritten; may be dy when not accumulating
   * @param rounded [rows, D] BF16, receives an F32 dx once more, as products read it; or null, as
   *     wherever a device has no BF16
   * @param dgamma [D], accumulates; null for a frozen one; likewise dbeta
   */
  void backward(
      Tensor dy,
      Tensor x,
      Tensor gamma,
      Tensor mean,
      Tensor rstd,
      Tensor dx,
      Tensor rounded,
      boolean accumulate,
      Tensor dgamma,
      Tensor dbeta);

  /** {@link #backward} with nothing rounded. */
  default void backward(
      Tensor dy,
      Tensor x,
      Tensor gamma,
      Tensor mean,
      Tensor rstd,
      Tensor dx,
      boolean accumulate,
      Tensor dgamma,
      Tensor dbeta) {
    backward(dy, x, gamma, mean, rstd, dx, null, accumulate, dgamma, dbeta);
  }
}
