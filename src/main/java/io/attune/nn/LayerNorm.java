package io.attune.nn;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.function.Consumer;

/** Layer normalisation with gain and shift, see {@link io.attune.device.op.LayerNormOps}. */
public final class LayerNorm implements Module {
  private final Parameter weight;
  private final Parameter bias;
  private final float epsilon;

  private LayerNorm(Parameter weight, Parameter bias, float epsilon) {
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
  }

  /** Allocates {@code prefix.weight} [D] and {@code prefix.bias} [D]. */
  public static LayerNorm allocate(Arena arena, String prefix, int width, float epsilon) {
    return new LayerNorm(
        new Parameter(arena.allocate(prefix + ".weight", width)),
        new Parameter(arena.allocate(prefix + ".bias", width)),
        epsilon);
  }

  public Parameter weight() {
    return weight;
  }

  public Parameter bias() {
    return bias;
  }

  /** {@code y = LN(x)}; mean and rstd [rows] are kept for the backward pass unless null. */
  public void forward(Device device, Tensor x, Tensor y, Tensor mean, Tensor rstd) {
    device.layerNorm().forward(x, weight.value(), bias.value(), epsilon, y, mean, rstd);
  }

  /** Gradients; {@code dx} may be null, and is added to when {@code accumulate}. */
  public void backward(
      Device device, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor dx, boolean accumulate) {
    backward(device, dy, x, mean, rstd, dx, null, accumulate);
  }

  /** As the other, with dx once more in {@code rounded}, [rows, D] BF16, unless that is null. */
  public void backward(
      Device device,
      Tensor dy,
      Tensor x,
      Tensor mean,
      Tensor rstd,
      Tensor dx,
      Tensor rounded,
      boolean accumulate) {
    device
        .layerNorm()
        .backward(
            dy,
            x,
            weight.value(),
            mean,
            rstd,
            dx,
            rounded,
            accumulate,
            weight.gradient(),
            bias.gradient());
  }

  @Override
  public void visit(Consumer<Parameter> visitor) {
    visitor.accept(weight);
    visitor.accept(bias);
  }
}
