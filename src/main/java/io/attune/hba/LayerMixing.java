package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.Parameter;

/**
 * The layer weights of a MEG model, Wt [T, L]: how much every vision block counts at every time.
 *
 * @param weights trains
 * @param window time points to each side over which a row is averaged before it is used
 */
public record LayerMixing(Parameter weights, int window) {
  /** The parameter's name in checkpoints. */
  public static final String NAME = "layer_weights";

  /** Allocates the weights and, where they train, their gradient. */
  public static LayerMixing allocate(
      Arena arena, int times, int blocks, int window, boolean training) {
    Parameter weights = new Parameter(arena.allocate(NAME, times, blocks));
    weights.setTrainable(training);
    weights.allocateGradient(arena);
    return new LayerMixing(weights, window);
  }

  /** T. */
  public int times() {
    return weights.value().rows();
  }

  /** L. */
  public int blocks() {
    return weights.value().columns();
  }

  /** The start: at every time the last block counts 1, the others 0. */
  public void initialize(Device device) {
    float[] values = new float[times() * blocks()];
    for (int t = 0; t < times(); t++) {
      values[t * blocks() + blocks() - 1] = 1;
    }
    device.write(weights.value(), values, 0);
  }
}
