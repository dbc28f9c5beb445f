package io.attune.device.cuda;

import io.attune.device.op.AttentionOps;
import io.attune.device.op.AttentionShape;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * Attention by tiles in shared memory: no matrix of queries x keys in device memory. BF16 tensors
 * go to the tensor cores where head size and alignment allow.
 */
final class CudaAttention implements AttentionOps {
  private final CudaTileAttention floats;
  private final CudaTileAttention bf16;
  private final CudaTensorCoreAttention tensorCores;

  CudaAttention(CudaContext context) {
    floats = new CudaTileAttention(context, DType.F32);
    bf16 = new CudaTileAttention(context, DType.BF16);
    tensorCores = new CudaTensorCoreAttention(context);
  }

  @Override
  public void forward(
      AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    shape.requireOperands(q, k, v, out);
    shape.requireStatistics(logSumExp);
    CudaTileAttention tiles = tiles(q, k, v, out);
    requireFloat(logSumExp, q);
    if (shape.batch() == 0) {
      return;
    }
    if (CudaTensorCoreAttention.serves(shape) && areAligned(q, k, v, out)) {
      tensorCores.forward(shape, q, k, v, out, logSumExp);
    } else {
      tiles.forward(shape, q, k, v, out, logSumExp);
    }
  }

  @Override
  public void backward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp,
      Tensor dout,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    shape.requireOperands(q, k, v, out);
    shape.requireOperands(dq, dk, dv, dout);
    shape.requireStatistics(logSumExp);
    shape.requireStatistics(delta);
    tiles(q, k, v, out);
    CudaTileAttention tiles = tiles(q, dq, dk, dv);
    requireType(dout, q);
    requireFloat(logSumExp, q);
    requireFloat(delta, q);
    if (shape.batch() == 0) {
      return;
    }
    tiles.delta(shape, out, dout, delta);
    if (CudaTensorCoreAttention.serves(shape)
        && areAligned(q, k, v, dout)
        && areAligned(q, dq, dk, dv)) {
      if (dq != null) {
        tensorCores.queryGradient(shape, q, k, v, dout, logSumExp, delta, dq);
      }
      if (dk != null || dv != null) {
        tensorCores.keyValueGradients(shape, q, k, v, dout, logSumExp, delta, dk, dv);
      }
      return;
    }
    if (dq != null) {
      tiles.queryGradient(shape, q, k, v, dout, logSumExp, delta, dq);
    }
    if (dk != null || dv != null) {
      tiles.keyValueGradients(shape, q, k, v, dout, logSumExp, delta, dk, dv);
    }
  }

  /** The kernels for the type of {@code q}, which the others must have too. */
  private CudaTileAttention tiles(Tensor q, Tensor a, Tensor b, Tensor c) {
    requireType(a, q);
    requireType(b, q);
    requireType(c, q);
    return CudaShapes.isBf16(q) ? bf16 : floats;
  }

  private static boolean areAligned(Tensor a, Tensor b, Tensor c, Tensor d) {
    return CudaTensorCoreAttention.isAligned(a)
        && CudaTensorCoreAttention.isAligned(b)
        && CudaTensorCoreAttention.isAligned(c)
        && CudaTensorCoreAttention.isAligned(d);
  }

  private static void requireType(Tensor x, Tensor q) {
    if (x != null && x.dtype() != q.dtype()) {
      throw Shapes.mismatch(x, q, "expected one type");
    }
  }

  private static void requireFloat(Tensor statistics, Tensor q) {
    if (!CudaShapes.isFloat(statistics)) {
      throw Shapes.mismatch(statistics, q, "expected F32");
    }
  }
}
