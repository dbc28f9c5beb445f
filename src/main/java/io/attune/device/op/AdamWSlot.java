package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * A parameter with what AdamW keeps for it; tensors of one shape, contiguous, in F32 but for {@code
 * compute}.
 *
 * @param parameter updated
 * @param gradient read
 * @param firstMoment running mean of the gradient, updated
 * @param secondMoment running mean of its square, updated
 * @param compute BF16 copy of the parameter, which matrix products read: overwritten with the
 *     updated parameter, rounded to nearest even; null where there is none, as always on a device
 *     that knows F32 only
 */
public record AdamWSlot(
    Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor compute) {
  /** A parameter without a BF16 copy. */
  public AdamWSlot(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment) {
    this(parameter, gradient, firstMoment, secondMoment, null);
  }
}
