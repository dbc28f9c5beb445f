package io.attune.nn;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;
import java.util.function.Consumer;

/**
 * {@code y = x W^T + b} with W [out, in]. An adapter may put a composed weight in W's place ({@link
 * #substituteWeight}); W itself is then constant and the gradient goes to the adapter's tensor.
 */
public final class Linear implements Module {
  private final Parameter weight;
  private final Parameter bias;
  private Tensor substitute;
  private Tensor substituteGradient;

  /** A layer on given parameters; {@code bias} may be null. */
  public Linear(Parameter weight, Parameter bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /**
   * Allocates {@code prefix.weight} [out, in] and {@code prefix.bias} [out]; its output is added to
   * the residual stream.
   */
  public static Linear allocate(Arena arena, String prefix, int in, int out) {
    return new Linear(
        Parameter.operand(arena, prefix + ".weight", out, in),
        new Parameter(arena.allocate(prefix + ".bias", out)));
  }

  /** As {@link #allocate}, for an output that is itself an operand of what follows. */
  public static Linear allocateInner(Arena arena, String prefix, int in, int out) {
    return new Linear(
        Parameter.operand(arena, prefix + ".weight", out, in),
        Parameter.operand(arena, prefix + ".bias", out));
  }

  /** Allocates {@code prefix.weight} [out, in]; no bias. */
  public static Linear allocateWithoutBias(Arena arena, String prefix, int in, int out) {
    return new Linear(new Parameter(arena.allocate(prefix + ".weight", out, in)), null);
  }

  /** The layer's own weight, whatever stands in its place. */
  public Parameter ownWeight() {
    return weight;
  }

  /** The bias, or null. */
  public Parameter bias() {
    return bias;
  }

  /** The weight in use, [out, in], as products read it. */
  public Tensor weight() {
    return substitute != null ? substitute : weight.operand();
  }

  /** The bias [out] in the type of the layer's output, or null. */
  public Tensor biasValue() {
    return bias == null ? null : bias.operand();
  }

  /**
   * Puts a composed weight in W's place. To be called before passes are made.
   *
   * @param composed [out, in]
   * @param gradient [out, in], accumulates dL/dcomposed in the backward pass; null if not wanted
   */
  public void substituteWeight(Tensor composed, Tensor gradient) {
    if (!composed.shape().equals(weight.value().shape())) {
      throw new IllegalArgumentException(
          "cannot put %s in the place of %s".formatted(composed, weight.value()));
    }
    substitute = composed;
    substituteGradient = gradient;
  }

  /** Puts the layer's own weight back. */
  public void restoreWeight() {
    substitute = null;
    substituteGradient = null;
  }

  /** Where dL/dweight accumulates, or null where nothing trains. */
  public Tensor weightGradient() {
    return substitute != null ? substituteGradient : weight.gradient();
  }

  /** Whether the weight in use or the bias gets a gradient. */
  @Override
  public boolean trains() {
    boolean weightTrains = substitute != null ? substituteGradient != null : weight.isTrainable();
    return weightTrains || (bias != null && bias.isTrainable());
  }

  /**
   * {@code y = epilogue(x W^T)}; the epilogue carries the bias.
   *
   * @param x [rows, in]
   * @param y [rows, out]
   */
  public void forward(Device device, Tensor x, Tensor y, Epilogue epilogue) {
    device.gemm().multiply(false, x, true, weight(), 1, 0, y, epilogue);
  }

  /** {@code dx = dy W + beta dx}. */
  public void backwardInput(Device device, Tensor dy, float beta, Tensor dx) {
    device.gemm().multiply(false, dy, false, weight(), 1, beta, dx, Epilogue.NONE);
  }

  /** {@code dW += dy^T x}, {@code db += column sums of dy}; nothing for what is frozen. */
  public void backwardParameters(Device device, Tensor x, Tensor dy) {
    Tensor weightGradient = weightGradient();
    if (weightGradient != null) {
      device.gemm().multiply(true, dy, false, x, 1, 1, weightGradient, Epilogue.NONE);
    }
    if (bias != null && bias.gradient() != null) {
      device.reduce().columnSums(dy, true, bias.gradient());
    }
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    visitor.accept(weight);
    if (bias != null) {
      visitor.accept(bias);
    }
  }
}
