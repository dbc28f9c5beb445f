package io.attune.device.cpu;

import io.attune.device.op.Activation;
import io.attune.device.op.ActivationOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** Activations and their derivatives, by {@link CpuMath}. */
final class CpuActivation implements ActivationOps {
  private final CpuThreads threads;
  private final Forward forward = new Forward();
  private final Backward backward = new Backward();

  CpuActivation(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void forward(Activation activation, Tensor x, Tensor y) {
    Shapes.same(y, x);
    forward.activation = activation;
    forward.run(threads, x, y, y);
  }

  @Override
  public void backward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
    Shapes.same(dy, x);
    Shapes.same(dx, x);
    backward.activation = activation;
    backward.run(threads, x, dy, dx);
  }

  private static final class Forward extends SpanTask {
    Activation activation;

    @Override
    void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n) {
      CpuMath.activate(activation, CpuBuffer.floats(x), xi, CpuBuffer.floats(y), yi, n);
    }
  }

  private static final class Backward extends SpanTask {
    Activation activation;

    @Override
    void span(Tensor x, int xi, Tensor dy, int dyi, Tensor dx, int dxi, int n) {
      float[] xa = CpuBuffer.floats(x);
      float[] dya = CpuBuffer.floats(dy);
      CpuMath.activateBackward(activation, xa, xi, dya, dyi, CpuBuffer.floats(dx), dxi, n);
    }
  }
}
