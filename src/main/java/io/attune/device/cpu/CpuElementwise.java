package io.attune.device.cpu;

import io.attune.device.op.ElementwiseOps;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Copies and sums. */
final class CpuElementwise implements ElementwiseOps {
  private final CpuThreads threads;

  CpuElementwise(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void fill(float value, Tensor y) {
    float[] ya = CpuBuffer.floats(y);
    CpuSpans.run(threads, y, y, y, (a, b, c, n) -> Arrays.fill(ya, a, a + n, value));
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    Shapes.same(x, y);
    Shapes.sameType(x, y);
    Object from = x.dtype() == DType.I32 ? CpuBuffer.ints(x) : CpuBuffer.floats(x);
    Object to = y.dtype() == DType.I32 ? CpuBuffer.ints(y) : CpuBuffer.floats(y);
    CpuSpans.run(threads, x, y, y, (xi, yi, zi, n) -> System.arraycopy(from, xi, to, yi, n));
  }

  @Override
  public void axpby(float alpha, Tensor x, float beta, Tensor y) {
    Shapes.same(x, y);
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    if (beta == 0) {
      CpuSpans.run(
          threads, x, y, y, (xi, yi, zi, n) -> CpuArithmetic.scale(alpha, xa, xi, ya, yi, n));
    } else {
      CpuSpans.run(
          threads,
          x,
          y,
          y,
          (xi, yi, zi, n) -> CpuArithmetic.combine(alpha, xa, xi, beta, ya, yi, ya, yi, n));
    }
  }

  @Override
  public void add(Tensor x, Tensor y, Tensor z) {
    Shapes.same(x, y);
    Shapes.same(x, z);
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    float[] za = CpuBuffer.floats(z);
    CpuSpans.run(threads, x, y, z, (xi, yi, zi, n) -> CpuArithmetic.add(xa, xi, ya, yi, za, zi, n));
  }
}
