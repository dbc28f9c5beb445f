package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.List;

/**
 * A trainable stand-in for one weight W0 [out, in]. {@link #compose} rebuilds the whole weight W
 * once a step, the layer uses it as its own, and {@link #backward} turns dL/dW into the gradients
 * of the adapter's few parameters. W0 itself stays as it was.
 *
 * <p>Its life: allocate (which a planning arena may serve), {@link #setBase}, then {@link
 * #initialize} or writing the parameters from a file, then steps.
 */
public sealed interface Adapter permits PaperDora, PeftDora, Lora {
  AdapterSite site();

  AdapterSettings settings();

  /** What trains, always in the same order, under the names that reference files use. */
  List<Parameter> parameters();

  /** The factor that, where it is zero, leaves W at W0. */
  Parameter upProjection();

  /** W [out, in], valid after {@link #compose}. */
  Tensor weight();

  /** dL/dW [out, in], where the layer accumulates; null if allocated for inference. */
  Tensor weightGradient();

  /** Takes what it needs of W0 [out, in], and sets magnitudes to its row norms. */
  void setBase(Device device, Tensor base);

  /** Draws the first values of the low-rank factors. */
  void initialize(Device device, long seed);

  /** Rebuilds W from the parameters. */
  void compose(Device device);

  /** Adds to the parameters' gradients; overwrites {@link #weightGradient}. */
  void backward(Device device);

  /** Sets dL/dW and the parameters' gradients to zero, before a step. */
  default void clearGradients(Device device) {
    device.elementwise().fill(0, weightGradient());
    for (int n = 0; n < parameters().size(); n++) {
      device.elementwise().fill(0, parameters().get(n).gradient());
    }
  }

  /** How many numbers train. */
  default long trainableCount() {
    return parameters().stream().mapToLong(parameter -> parameter.value().size()).sum();
  }

  /**
   * Allocates an adapter for a weight [out, in].
   *
   * @param training whether to allocate gradients too
   */
  static Adapter allocate(
      Arena arena, AdapterSite site, AdapterSettings settings, int out, int in, boolean training) {
    return switch (settings.kind()) {
      case DORA -> new PaperDora(arena, site, settings, out, in, training);
      case DORA_PEFT -> new PeftDora(arena, site, settings, out, in, training);
      case LORA -> new Lora(arena, site, settings, out, in, training);
    };
  }

  /** A parameter that trains, with its gradient if {@code training}. */
  static Parameter parameter(Arena arena, String name, boolean training, long... dims) {
    Parameter parameter = new Parameter(arena.allocate(name, dims));
    if (training) {
      parameter.setTrainable(true);
      parameter.allocateGradient(arena);
    }
    return parameter;
  }
}
