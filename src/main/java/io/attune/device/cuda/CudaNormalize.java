package io.attune.device.cuda;

import io.attune.device.op.NormalizeOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** kernels/normalize.cu; all tensors are F32. */
final class CudaNormalize implements NormalizeOps {
  /** An embedding's row is one or two accesses of 16 bytes for each of so many threads. */
  private static final int L2_THREADS = 128;

  private final CudaKernel l2;
  private final CudaKernel l2Backward;
  private final CudaKernel softmax;
  private final CudaKernel softmaxBackward;

  CudaNormalize(CudaContext context) {
    l2 = context.kernel("normalize", "normalize_l2_f32");
    l2Backward = context.kernel("normalize", "normalize_l2_backward_f32");
    softmax = context.kernel("normalize", "normalize_softmax_f32");
    softmaxBackward = context.kernel("normalize", "normalize_softmax_backward_f32");
  }

  @Override
  public void l2(Tensor x, Tensor y, Tensor norm) {
    Shapes.same(y, x);
    CudaShapes.requireFloat(x);
    CudaShapes.requireFloat(y);
    if (norm != null) {
      Shapes.vector(norm, x.rows(), "row", x);
      CudaShapes.requireFloat(norm);
    }
    if (x.size() == 0) {
      return;
    }
    l2.tensor(x).stride(x).tensor(y).stride(y).tensor(norm).integer(x.columns());
    l2.launch(x.rows(), L2_THREADS);
  }

  @Override
  public void l2Backward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
    checkBackward(dy, y, dx);
    Shapes.vector(norm, dy.rows(), "row", dy);
    CudaShapes.requireFloat(norm);
    if (dy.size() == 0) {
      return;
    }
    l2Backward.tensor(dy).stride(dy).tensor(y).stride(y).tensor(norm).tensor(dx).stride(dx);
    l2Backward.integer(dy.columns()).launch(dy.rows(), L2_THREADS);
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    Shapes.same(y, x);
    CudaShapes.requireFloat(x);
    CudaShapes.requireFloat(y);
    if (x.size() == 0) {
      return;
    }
    softmax.tensor(x).stride(x).tensor(y).stride(y).integer(x.rows()).integer(x.columns());
    CudaRows.launch(softmax, x.rows(), x.columns());
  }

  @Override
  public void softmaxBackward(Tensor dy, Tensor y, Tensor dx) {
    checkBackward(dy, y, dx);
    if (dy.size() == 0) {
      return;
    }
    softmaxBackward.tensor(dy).stride(dy).tensor(y).stride(y).tensor(dx).stride(dx);
    softmaxBackward.integer(dy.rows()).integer(dy.columns());
    CudaRows.launch(softmaxBackward, dy.rows(), dy.columns());
  }

  private static void checkBackward(Tensor dy, Tensor y, Tensor dx) {
    Shapes.same(y, dy);
    Shapes.same(dx, dy);
    CudaShapes.requireFloat(dy);
    CudaShapes.requireFloat(y);
    CudaShapes.requireFloat(dx);
  }
}
