package io.attune.device;

import io.attune.device.op.ActivationOps;
import io.attune.device.op.AdamWOps;
import io.attune.device.op.AttentionOps;
import io.attune.device.op.ContrastiveOps;
import io.attune.device.op.DoraOps;
import io.attune.device.op.ElementwiseOps;
import io.attune.device.op.EmbeddingOps;
import io.attune.device.op.GemmOps;
import io.attune.device.op.LayerNormOps;
import io.attune.device.op.NormalizeOps;
import io.attune.device.op.PhiloxOps;
import io.attune.device.op.RdmOps;
import io.attune.device.op.ReduceOps;
import io.attune.device.op.ReweightingOps;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/**
 * Memory and the operation families that work on it. Operations on one device run in the order they
 * are called; {@link #read} and the reductions that return a number wait for them.
 */
public interface Device extends AutoCloseable {
  /** {@code cpu}, {@code cuda:0}, {@code emulated}. */
  String name();

  /** One line for people: processor or card, vector width or compute capability, threads. */
  String description();

  Precision precision();

  /** Bytes this device could still allocate, as far as it knows. */
  long availableBytes();

  /**
   * Allocates a contiguous tensor; F32 and I32 are supported everywhere, BF16 on devices that
   * compute in it. Contents are zero.
   *
   * @throws DeviceMemoryException if it does not fit, with the sizes
   */
  Tensor allocate(String name, DType dtype, Shape shape);

  /** Copies {@code target.size()} floats into an F32 or BF16 tensor, row by row, rounding them. */
  void write(Tensor target, float[] source, int offset);

  /** Copies {@code target.size()} ints into an I32 tensor, row by row. */
  void write(Tensor target, int[] source, int offset);

  /** Copies an F32 or BF16 tensor, row by row, out to the host; waits for pending operations. */
  void read(Tensor source, float[] target, int offset);

  /** Copies an I32 tensor, row by row, out to the host; waits for pending operations. */
  void read(Tensor source, int[] target, int offset);

  /** Waits until every operation called so far has finished. */
  void synchronize();

  /**
   * Prepares work to be done again and again. It must queue the same operations on the same tensors
   * each time, and neither write, read, allocate nor ask for a number that the host waits for. To
   * be closed before what it works on; the device closes what is left.
   */
  Recording record(Runnable work);

  GemmOps gemm();

  AttentionOps attention();

  LayerNormOps layerNorm();

  ActivationOps activation();

  EmbeddingOps embedding();

  NormalizeOps normalize();

  ContrastiveOps contrastive();

  DoraOps dora();

  AdamWOps adamW();

  PhiloxOps philox();

  ReduceOps reduce();

  ElementwiseOps elementwise();

  ReweightingOps reweighting();

  RdmOps rdm();

  /** Frees all memory and threads of the device. */
  @Override
  void close();

  /** A new array with the contents of an F32 tensor. */
  default float[] toArray(Tensor source) {
    float[] values = new float[Math.toIntExact(source.size())];
    read(source, values, 0);
    return values;
  }
}
