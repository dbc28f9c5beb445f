package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/** {@code y = factor x}. */
final class ScaleTask extends SpanTask {
  private float factor;

  void run(CpuThreads threads, float factor, Tensor x, Tensor y) {
    this.factor = factor;
    run(threads, x, y, y);
  }

  @Override
  void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
    CpuArithmetic.scale(factor, CpuBuffer.floats(x), xi, CpuBuffer.floats(y), yi, n);
  }
}
