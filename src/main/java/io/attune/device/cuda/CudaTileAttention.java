package io.attune.device.cuda;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * kernels/attention.cu and kernels/attention_backward.cu for one type of tensors: any head size,
 * strides and alignment.
 */
final class CudaTileAttention {
  private static final int THREADS = 256;
  private static final int SIDE = 16;
  private static final int LOOKED = 32;
  private static final int DELTA_LANES = 8;

  /**
   * Head sizes up to 64 in 64 columns, with 4 rows a thread; others 128 columns a block, 2 rows.
   */
  private enum Width {
    NARROW(64, 4),
    WIDE(128, 2);

    private final int columns;
    private final int rows;

    Width(int columns, int rowsOfThread) {
      this.columns = columns;
      this.rows = SIDE * rowsOfThread;
    }

    /** Bytes of tiles with {@code kept} tokens of their own, 64 that pass, and one of weights. */
    private int sharedBytes(int kept) {
      return Float.BYTES * ((kept * rows + 2 * LOOKED) * (columns + 4) + rows * (LOOKED + 4));
    }

    private int blocks(AttentionShape shape, int tokens) {
      long chunks = Math.ceilDiv(shape.headSize(), columns);
      long tiles = Math.ceilDiv(tokens, rows);
      return Math.toIntExact(tiles * chunks * shape.heads() * shape.batch());
    }
  }

  private final CudaKernel[] forward;
  private final CudaKernel delta;
  private final CudaKernel[] dq;
  private final CudaKernel[] dkdv;

  CudaTileAttention(CudaContext context, DType type) {
    String suffix = type == DType.BF16 ? "bf16" : "f32";
    forward = kernels(context, "attention", "attention_forward_" + suffix, 1);
    delta = context.kernel("attention_backward", "attention_delta_" + suffix);
    dq = kernels(context, "attention_backward", "attention_dq_" + suffix, 2);
    dkdv = kernels(context, "attention_backward", "attention_dkdv_" + suffix, 2);
  }

  private static CudaKernel[] kernels(CudaContext context, String family, String name, int kept) {
    CudaKernel[] kernels = new CudaKernel[Width.values().length];
    for (Width width : Width.values()) {
      CudaKernel kernel = context.kernel(family, name + "_" + width.columns);
      context.driver().allowSharedMemory(kernel.function(), width.sharedBytes(kept));
      kernels[width.ordinal()] = kernel;
    }
    return kernels;
  }

  private static Width width(AttentionShape shape) {
    return shape.headSize() <= Width.NARROW.columns ? Width.NARROW : Width.WIDE;
  }

  void forward(AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    Width width = width(shape);
    CudaKernel kernel = forward[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), out).tensor(logSumExp);
    sizes(kernel, shape);
    kernel.launch(width.blocks(shape, shape.queries()), 1, 1, THREADS, width.sharedBytes(1));
  }

  /** Row sums of {@code dout * out}. */
  void delta(AttentionShape shape, Tensor out, Tensor dout, Tensor sums) {
    long rows = (long) shape.batch() * shape.queries();
    operand(operand(delta, out), dout)
        .tensor(sums)
        .number(rows)
        .integer(shape.heads())
        .integer(shape.queries())
        .integer(shape.headSize());
    long blocks = Math.ceilDiv(rows * shape.heads() * DELTA_LANES, THREADS);
    delta.launch(Math.toIntExact(blocks), THREADS);
  }

  void queryGradient(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dout,
      Tensor logSumExp,
      Tensor sums,
      Tensor gradient) {
    Width width = width(shape);
    CudaKernel kernel = dq[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), dout).tensor(logSumExp).tensor(sums);
    operand(kernel, gradient);
    sizes(kernel, shape);
    kernel.launch(width.blocks(shape, shape.queries()), 1, 1, THREADS, width.sharedBytes(2));
  }

  void keyValueGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dout,
      Tensor logSumExp,
      Tensor sums,
      Tensor dk,
      Tensor dv) {
    Width width = width(shape);
    CudaKernel kernel = dkdv[width.ordinal()];
    operand(operand(operand(operand(kernel, q), k), v), dout).tensor(logSumExp).tensor(sums);
    operand(operand(kernel, dk), dv);
    sizes(kernel, shape);
    kernel.launch(width.blocks(shape, shape.keys()), 1, 1, THREADS, width.sharedBytes(2));
  }

  /** A tensor's address and row stride; both 0 for null. */
  static CudaKernel operand(CudaKernel kernel, Tensor tensor) {
    return kernel.tensor(tensor).stride(tensor);
  }

  /** What every kernel's parameters end with. */
  static void sizes(CudaKernel kernel, AttentionShape shape) {
    kernel
        .integer(shape.heads())
        .integer(shape.queries())
        .integer(shape.keys())
        .integer(shape.headSize())
        .integer(shape.causal() ? 1 : 0)
        .real(shape.scale());
  }
}
