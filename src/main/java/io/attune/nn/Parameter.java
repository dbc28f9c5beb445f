package io.attune.nn;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * A weight under its Hugging Face name, and its gradient where it trains. Where the device
 * multiplies in bf16, a weight of a product has a BF16 copy, which must follow its value: {@link
 * #refresh} after the value was written, or the optimizer's step itself.
 */
public final class Parameter {
  private final Tensor value;
  private final Tensor copy;
  private Tensor gradient;
  private boolean trainable;

  /** A frozen parameter; {@code value} bears its name. */
  public Parameter(Tensor value) {
    this(value, null);
  }

  private Parameter(Tensor value, Tensor copy) {
    this.value = value;
    this.copy = copy;
  }

  /** A frozen parameter that products read, with a BF16 copy where they are computed in bf16. */
  public static Parameter operand(Arena arena, String name, long... dims) {
    Tensor value = arena.allocate(name, dims);
    boolean copied = arena.operandType() != value.dtype();
    return new Parameter(
        value, copied ? arena.allocate(name + ".bf16", arena.operandType(), value.shape()) : null);
  }

  /** Part of this parameter, as one of its own. */
  Parameter part(UnaryOperator<Tensor> view) {
    return new Parameter(view.apply(value), copy == null ? null : view.apply(copy));
  }

  public String name() {
    return value.name();
  }

  public Tensor value() {
    return value;
  }

  /** What products read: the value, or its BF16 copy. */
  public Tensor operand() {
    return copy == null ? value : copy;
  }

  /** The BF16 copy, or null where there is none. */
  public Tensor copy() {
    return copy;
  }

  /** Brings the BF16 copy, if there is one, up to date. */
  public void refresh(Device device) {
    if (copy != null) {
      device.elementwise().copy(value, copy);
    }
  }

  public boolean isTrainable() {
    return trainable;
  }

  /**
   * Chooses whether it trains; to be decided before {@link #allocateGradient}. Freezing forgets the
   * gradient, whose memory belongs to the arena it came from.
   */
  public void setTrainable(boolean trainable) {
    this.trainable = trainable;
    if (!trainable) {
      gradient = null;
    }
  }

  /** The accumulated gradient, of the value's shape; null while frozen. */
  public Tensor gradient() {
    return gradient;
  }

  /** Allocates the gradient if the parameter trains and has none yet. */
  public void allocateGradient(Arena arena) {
    if (trainable && gradient == null) {
      gradient = arena.allocate("gradient." + value.name(), value.dtype(), value.shape());
    }
  }

  @Override
  public String toString() {
    return value + (trainable ? " trainable" : " frozen");
  }
}
