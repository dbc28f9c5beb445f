package io.attune.device.op;

import io.attune.device.PhiloxKey;
import io.attune.tensor.Tensor;

/**
 * Counter-based random numbers, Philox 4x32-10 (Salmon et al. 2011), laid out as {@link
 * io.attune.device.Philox} does on the host: element i of a tensor is draw {@code first + i} of the
 * key, whatever the device or the number of threads. Tensors are contiguous.
 */
public interface PhiloxOps {
  /** Uniform on [low, high): {@code low + (high - low) u}, u a multiple of 2^-24 in [0, 1). */
  void uniform(PhiloxKey key, long first, float low, float high, Tensor target);

  /** Normal with this mean and standard deviation, by Box and Muller. */
  void normal(PhiloxKey key, long first, float mean, float deviation, Tensor target);
}
