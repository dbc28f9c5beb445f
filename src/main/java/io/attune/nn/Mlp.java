package io.attune.nn;

import io.attune.device.Arena;
import io.attune.device.op.Activation;
import java.util.function.Consumer;

/** The parameters of {@code fc2(activation(fc1(x)))}. */
public final class Mlp implements Module {
  private final Linear fc1;
  private final Linear fc2;
  private final Activation activation;

  private Mlp(Linear fc1, Linear fc2, Activation activation) {
    this.fc1 = fc1;
    this.fc2 = fc2;
    this.activation = activation;
  }

  /** Allocates {@code prefix.fc1} [hidden, width] and {@code prefix.fc2} [width, hidden]. */
  public static Mlp allocate(
      Arena arena, String prefix, int width, int hidden, Activation activation) {
    return new Mlp(
        Linear.allocateInner(arena, prefix + ".fc1", width, hidden),
        Linear.allocate(arena, prefix + ".fc2", hidden, width),
        activation);
  }

  public Linear fc1() {
    return fc1;
  }

  public Linear fc2() {
    return fc2;
  }

  public Activation activation() {
    return activation;
  }

  public int hidden() {
    return fc1.ownWeight().value().rows();
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    fc1.visit(visitor);
    fc2.visit(visitor);
  }
}
