package io.attune.device.op;

/** AdamW (Loshchilov and Hutter 2019) over many tensors at once. */
public interface AdamWOps {
  /**
   * One step, as torch.optim.AdamW: {@code p -= lr weightDecay p}; {@code m = beta1 m + (1 - beta1)
   * g}; {@code v = beta2 v + (1 - beta2) g^2}; {@code p -= lr/(1 - beta1^t) m/(sqrt(v)/sqrt(1 -
   * beta2^t) + epsilon)}.
   *
   * @param t number of this step, from 1
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
