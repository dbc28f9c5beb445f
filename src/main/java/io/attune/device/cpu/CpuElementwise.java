package io.attune.device.cpu;

import io.attune.device.op.ElementwiseOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Copies and sums. */
final class CpuElementwise implements ElementwiseOps {
  private final CpuThreads threads;
  private final Fill fill = new Fill();
  private final Copy copy = new Copy();
  private final ScaleTask scale = new ScaleTask();
  private final Combine combine = new Combine();
  private final Add add = new Add();

  CpuElementwise(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void fill(float value, Tensor y) {
    fill.value = value;
    fill.run(threads, y, y, y);
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    Shapes.same(x, y);
    Shapes.sameType(x, y);
    copy.run(threads, x, y, y);
  }

  @Override
  public void axpby(float alpha, Tensor x, float beta, Tensor y) {
    Shapes.same(x, y);
    if (beta == 0) {
      scale.run(threads, alpha, x, y);
    } else {
      combine.alpha = alpha;
      combine.beta = beta;
      combine.run(threads, x, y, y);
    }
  }

  @Override
  public void add(Tensor x, Tensor y, Tensor z) {
    Shapes.same(x, y);
    Shapes.same(x, z);
    add.run(threads, x, y, z);
  }

  private static final class Fill extends SpanTask {
    float value;

    @Override
    void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
      Arrays.fill(CpuBuffer.floats(y), yi, yi + n, value);
    }
  }

  private static final class Copy extends SpanTask {
    @Override
    void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
      if (x.dtype() == DType.I32) {
        System.arraycopy(CpuBuffer.ints(x), xi, CpuBuffer.ints(y), yi, n);
      } else {
        System.arraycopy(CpuBuffer.floats(x), xi, CpuBuffer.floats(y), yi, n);
      }
    }
  }

  /** {@code y = alpha x + beta y}. */
  private static final class Combine extends SpanTask {
    float alpha;
    float beta;

    @Override
    void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
      float[] xa = CpuBuffer.floats(x);
      float[] ya = CpuBuffer.floats(y);
      CpuArithmetic.combine(alpha, xa, xi, beta, ya, yi, ya, yi, n);
    }
  }

  private static final class Add extends SpanTask {
    @Override
    void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
      float[] za = CpuBuffer.floats(z);
      CpuArithmetic.add(CpuBuffer.floats(x), xi, CpuBuffer.floats(y), yi, za, zi, n);
    }
  }
}
