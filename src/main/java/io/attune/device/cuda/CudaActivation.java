package io.attune.device.cuda;

import io.attune.device.op.Activation;
import io.attune.device.op.ActivationOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/**
 * kernels/activation.cu; all tensors of an operation are F32, or all BF16. Without gaps they are
 * seen as one long row.
 */
final class CudaActivation implements ActivationOps {
  private static final int THREADS = 256;

  /** Four packets of 16 bytes a thread: PACKETS of activation.cu. */
  private static final int BYTES_PER_BLOCK = THREADS * 4 * 16;

  private static final int MAX_GRID_Y = 65_535;

  private final CudaKernel[] forward;
  private final CudaKernel[] backward;

  CudaActivation(CudaContext context) {
    forward = kernels(context, "");
    backward = kernels(context, "backward_");
  }

  /** Those of each activation for F32 and BF16, found again by {@link #index}. */
  private static CudaKernel[] kernels(CudaContext context, String direction) {
    Activation[] activations = Activation.values();
    CudaKernel[] kernels = new CudaKernel[2 * activations.length];
    for (Activation activation : activations) {
      String name = "activation_" + activation.configName() + "_" + direction;
      kernels[2 * activation.ordinal()] = context.kernel("activation", name + "f32");
      kernels[2 * activation.ordinal() + 1] = context.kernel("activation", name + "bf16");
    }
    return kernels;
  }

  private static int index(Activation activation, Tensor x) {
    return 2 * activation.ordinal() + (CudaShapes.isBf16(x) ? 1 : 0);
  }

  @Override
  public void forward(Activation activation, Tensor x, Tensor y) {
    Shapes.same(y, x);
    CudaShapes.sameFloatingType(y, x);
    if (x.size() == 0) {
      return;
    }
    CudaKernel kernel = forward[index(activation, x)];
    kernel.tensor(x).stride(x).tensor(y).stride(y);
    launch(kernel, x, x.isContiguous() && y.isContiguous());
  }

  @Override
  public void backward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
    Shapes.same(dy, x);
    Shapes.same(dx, x);
    CudaShapes.sameFloatingType(dy, x);
    CudaShapes.sameFloatingType(dx, x);
    if (x.size() == 0) {
      return;
    }
    CudaKernel kernel = backward[index(activation, x)];
    kernel.tensor(x).stride(x).tensor(dy).stride(dy).tensor(dx).stride(dx);
    launch(kernel, x, x.isContiguous() && dy.isContiguous() && dx.isContiguous());
  }

  private static void launch(CudaKernel kernel, Tensor like, boolean flat) {
    int rows = flat ? 1 : like.rows();
    long columns = flat ? like.size() : like.columns();
    long blocks = Math.ceilDiv(columns * like.dtype().bytes(), (long) BYTES_PER_BLOCK);
    kernel.integer(rows).number(columns);
    kernel.launch(Math.toIntExact(blocks), Math.min(rows, MAX_GRID_Y), 1, THREADS, 0);
  }
}
