package io.attune.device.op;

/**
 * AdamW (Loshchilov and Hutter 2019) over many tensors at once. Every operation rounds by itself,
 * in one order, so that all devices give the same bits.
 */
public interface AdamWOps {
  /**
   * One step, as torch.optim.AdamW: {@code p -= lr weightDecay p}; {@code m = beta1 m + (1 - beta1)
   * g}; {@code v = beta2 v + (1 - beta2) g^2}; {@code p -= lr/(1 - beta1^t) m/(sqrt(v)/sqrt(1 -
   * beta2^t) + epsilon)}.
   *
   * @param slots a device may prepare what it needs for these tensors once and know the array
   *     again: pass the same one in every step
   * @param t number of this step, from 1
   * @throws IllegalArgumentException if tensors of a slot differ in shape, have gaps or the wrong
   *     type (of {@link AdamWSlot#compute}: any, where the device knows F32 only), or if t is less
   *     than 1
   */
  void step(
      AdamWSlot[] slots,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long t);
}
