package io.attune.device;

/** How a device multiplies matrices; statistics, reductions and master weights are always f32. */
public enum Precision {
  /** Everything in f32. */
  F32,
  /** Operands of products rounded to 10 bits of fraction on their way to the tensor cores. */
  TF32,
  /** Weights of products and the activations between them are bf16 in memory. */
  BF16
}
