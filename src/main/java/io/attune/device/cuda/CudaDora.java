package io.attune.device.cuda;

import io.attune.device.op.DoraOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** kernels/dora.cu: a block for each row, sums in f64. */
final class CudaDora implements DoraOps {
  private static final int WARP = 32;
  private static final int COLUMNS_PER_THREAD = 8;
  private static final int MAX_THREADS = 512;

  private final CudaKernel composeFloat;
  private final CudaKernel composeBf16;
  private final CudaKernel composeBackward;

  CudaDora(CudaContext context) {
    composeFloat = context.kernel("dora", "dora_compose_f32");
    composeBf16 = context.kernel("dora", "dora_compose_bf16");
    composeBackward = context.kernel("dora", "dora_compose_backward_f32");
  }

  @Override
  public void compose(Tensor u, Tensor magnitude, float epsilon, Tensor w, Tensor norm) {
    int rows = u.rows();
    Shapes.same(w, u);
    CudaBuffer.floats(u);
    perRow(magnitude, u);
    if (norm != null) {
      perRow(norm, u);
    }
    CudaKernel compose = CudaShapes.isBf16(w) ? composeBf16 : composeFloat;
    if (rows > 0) {
      compose
          .tensor(u)
          .stride(u)
          .tensor(magnitude)
          .real(epsilon)
          .tensor(w)
          .stride(w)
          .tensor(norm)
          .integer(u.columns())
          .launch(rows, threads(u.columns()));
    }
  }

  @Override
  public void composeBackward(
      Tensor dw,
      Tensor u,
      Tensor magnitude,
      Tensor norm,
      float epsilon,
      boolean constantNorm,
      Tensor dmagnitude,
      Tensor du) {
    int rows = u.rows();
    Shapes.same(dw, u);
    CudaBuffer.floats(dw);
    CudaBuffer.floats(u);
    perRow(magnitude, u);
    perRow(norm, u);
    if (dmagnitude != null) {
      perRow(dmagnitude, u);
    }
    if (du != null) {
      Shapes.same(du, u);
      CudaBuffer.floats(du);
    }
    if (rows > 0) {
      composeBackward
          .tensor(dw)
          .stride(dw)
          .tensor(u)
          .stride(u)
          .tensor(magnitude)
          .tensor(norm)
          .real(epsilon)
          .integer(constantNorm ? 1 : 0)
          .tensor(dmagnitude)
          .tensor(du)
          .stride(du)
          .integer(u.columns())
          .launch(rows, threads(u.columns()));
    }
  }

  private static void perRow(Tensor vector, Tensor u) {
    Shapes.vector(vector, u.rows(), "row", u);
    CudaBuffer.floats(vector);
  }

  private static int threads(int columns) {
    int warps = Math.ceilDiv(Math.max(1, columns), COLUMNS_PER_THREAD * WARP);
    return Math.min(MAX_THREADS, warps * WARP);
  }
}
