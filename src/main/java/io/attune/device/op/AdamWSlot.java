package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * A parameter with what AdamW keeps for it; four tensors of one shape, contiguous.
 *
 * @param parameter updated
 * @param gradient read
 * @param firstMoment running mean of the gradient, updated
 * @param secondMoment running mean of its square, updated
 */
public record AdamWSlot(
    Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment) {}
