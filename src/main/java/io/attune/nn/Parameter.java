package io.attune.nn;

import io.attune.device.Arena;
import io.attune.tensor.Tensor;

/** A weight under its Hugging Face name, and its gradient where it trains. */
public final class Parameter {
  private final Tensor value;
  private Tensor gradient;
  private boolean trainable;

  /** A frozen parameter; {@code value} bears its name. */
  public Parameter(Tensor value) {
    this.value = value;
  }

  public String name() {
    return value.name();
  }

  public Tensor value() {
    return value;
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
