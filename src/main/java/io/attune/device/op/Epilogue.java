package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * What a matrix product does to each element before it is stored: {@code z = alpha A B + beta C +
 * bias}, kept in {@code preActivation} if given; then {@code y = activation(z)} or z; then {@code C
 * = y + residual}. Every part may be null. Made when a model is prepared, not in a step.
 *
 * @param bias [N], added to every row
 * @param activation applied after the bias
 * @param preActivation [M, N], receives z for the backward pass
 * @param residual [M, N], added last; may be C itself
 */
public record Epilogue(Tensor bias, Activation activation, Tensor preActivation, Tensor residual) {
  /** Nothing: {@code C = alpha A B + beta C}. */
  public static final Epilogue NONE = new Epilogue(null, null, null, null);

  public static Epilogue bias(Tensor bias) {
    return new Epilogue(bias, null, null, null);
  }

  public static Epilogue biasActivation(Tensor bias, Activation activation, Tensor preActivation) {
    return new Epilogue(bias, activation, preActivation, null);
  }

  public static Epilogue biasResidual(Tensor bias, Tensor residual) {
    return new Epilogue(bias, null, null, residual);
  }
}
