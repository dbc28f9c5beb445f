package io.attune.device.cpu;

import io.attune.device.op.Activation;
import io.attune.device.op.ActivationOps;
import io.attune.tensor.Tensor;

/** Activations and their derivatives, by {@link CpuMath}. */
final class CpuActivation implements ActivationOps {
  private final CpuThreads threads;

  CpuActivation(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void forward(Activation activation, Tensor x, Tensor y) {
    Shapes.same(y, x);
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    CpuSpans.run(
        threads, x, y, y, (xi, yi, zi, n) -> CpuMath.activate(activation, xa, xi, ya, yi, n));
  }

  @Override
  public void backward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
    Shapes.same(dy, x);
    Shapes.same(dx, x);
    float[] xa = CpuBuffer.floats(x);
    float[] dya = CpuBuffer.floats(dy);
    float[] dxa = CpuBuffer.floats(dx);
    CpuSpans.run(
        threads,
        x,
        dy,
        dx,
        (xi, dyi, dxi, n) -> CpuMath.activateBackward(activation, xa, xi, dya, dyi, dxa, dxi, n));
  }
}
