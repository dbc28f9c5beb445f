package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Element-wise activations. */
public interface ActivationOps {
  /** {@code y = f(x)}; same shapes; y may be x. */
  void forward(Activation activation, Tensor x, Tensor y);

  /** {@code dx = dy * f'(x)}; same shapes; dx may be dy. */
  void backward(Activation activation, Tensor x, Tensor dy, Tensor dx);
}
