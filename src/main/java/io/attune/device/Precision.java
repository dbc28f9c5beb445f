package io.attune.device;

/** How a device multiplies matrices; statistics, reductions and master weights are always f32. */
public enum Precision {
  F32,
  TF32,
  BF16
}
