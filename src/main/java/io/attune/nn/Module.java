package io.attune.nn;

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

  /** Whether any parameter trains. */
  default boolean trains() {
    return parameters().stream().anyMatch(Parameter::isTrainable);
  }
}
