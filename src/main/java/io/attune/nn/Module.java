package io.attune.nn;

import io.attune.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Something with parameters. */
public interface Module {
  /** Passes every parameter to {@code visitor}, always in the same order. */
  void visit(Consumer<Parameter> visitor);

  /** All parameters, in the order of {@link #visit}. */
  default List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>();
    visit(all::add);
    return all;
  }

  /** Freezes or unfreezes every parameter. */
  default void setTrainable(boolean trainable) {
    visit(parameter -> parameter.setTrainable(trainable));
  }

  /** Brings the BF16 copies of all parameters that have one up to date. */
  default void refresh(Device device) {
    visit(parameter -> parameter.refresh(device));
  }

  /** Whether any parameter trains. */
  default boolean trains() {
    return parameters().stream().anyMatch(Parameter::isTrainable);
  }
}
