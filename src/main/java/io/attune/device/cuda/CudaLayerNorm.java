package io.attune.device.cuda;

import io.attune.device.op.LayerNormOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/**
 * kernels/layernorm.cu and layernorm_backward.cu. x, sum, parameters, statistics and their
 * gradients are F32; y, branch and dy may be BF16, and dx where dy is.
 */
final class CudaLayerNorm implements LayerNormOps {
  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  /** ROWS of layernorm_backward.cu: what a block of the backward pass reads at once. */
  private static final int ROWS = 2;

  /** Threads of the backward pass that an SM holds at 64 registers each. */
  private static final int RESIDENT_THREADS = 1024;

  private final CudaContext context;
  private final CudaKernel forward;
  private final CudaKernel forwardBf16;
  private final CudaKernel[] addForward;
  private final CudaKernel backward;
  private final CudaKernel backwardOfBf16;
  private final CudaKernel backwardBf16;
  private final CudaKernel parameters;

  CudaLayerNorm(CudaContext context) {
    this.context = context;
    forward = kernel("forward_f32");
    forwardBf16 = kernel("forward_bf16");
    addForward =
        new CudaKernel[] {
          kernel("add_forward_f32_f32"),
          kernel("add_forward_f32_bf16"),
          kernel("add_forward_bf16_f32"),
          kernel("add_forward_bf16_bf16")
        };
    backward = backwardKernel("backward_f32_f32");
    backwardOfBf16 = backwardKernel("backward_bf16_f32");
    backwardBf16 = backwardKernel("backward_bf16_bf16");
    parameters = backwardKernel("parameters_f32");
  }

  private CudaKernel kernel(String operation) {
    return context.kernel("layernorm", "layernorm_" + operation);
  }

  private CudaKernel backwardKernel(String operation) {
    return context.kernel("layernorm_backward", "layernorm_" + operation);
  }

  @Override
  public void forward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    checkForward(x, gamma, beta, y, mean, rstd);
    CudaKernel kernel = CudaShapes.isBf16(y) ? forwardBf16 : forward;
    if (x.size() == 0) {
      return;
    }
    kernel.tensor(x).stride(x).tensor(gamma).tensor(beta).real(epsilon);
    launch(kernel, y, mean, rstd);
  }

  @Override
  public void addForward(
      Tensor x,
      Tensor branch,
      Tensor gamma,
      Tensor beta,
      float epsilon,
      Tensor sum,
      Tensor y,
      Tensor mean,
      Tensor rstd) {
    Shapes.same(branch, x);
    Shapes.same(sum, x);
    CudaShapes.requireFloat(sum);
    checkForward(x, gamma, beta, y, mean, rstd);
    CudaKernel kernel =
        addForward[(CudaShapes.isBf16(branch) ? 2 : 0) + (CudaShapes.isBf16(y) ? 1 : 0)];
    if (x.size() == 0) {
      return;
    }
    kernel.tensor(x).stride(x).tensor(branch).stride(branch).tensor(gamma).tensor(beta);
    kernel.real(epsilon).tensor(sum).stride(sum);
    launch(kernel, y, mean, rstd);
  }

  private static void launch(CudaKernel kernel, Tensor y, Tensor mean, Tensor rstd) {
    kernel.tensor(y).stride(y).tensor(mean).tensor(rstd).integer(y.rows()).integer(y.columns());
    CudaRows.launch(kernel, y.rows(), y.columns());
  }

  @Override
  public void backward(
      Tensor dy,
      Tensor x,
      Tensor gamma,
      Tensor mean,
      Tensor rstd,
      Tensor dx,
      Tensor rounded,
      boolean accumulate,
      Tensor dgamma,
      Tensor dbeta) {
    int columns = x.columns();
    Shapes.same(dy, x);
    CudaShapes.requireFloat(x);
    checkVector(gamma, columns, "column", x);
    checkVector(mean, x.rows(), "row", x);
    checkVector(rstd, x.rows(), "row", x);
    checkVector(dgamma, columns, "column", x);
    checkVector(dbeta, columns, "column", x);
    if (dx != null) {
      Shapes.same(dx, x);
    }
    CudaKernel kernel = backwardKernel(dy, dx);
    if (rounded != null) {
      checkRounded(rounded, dx, x);
    }
    boolean sums = dgamma != null || dbeta != null;
    if (x.size() == 0 || (dx == null && !sums)) {
      return;
    }
    int threads = Math.min(MOST_THREADS, Math.ceilDiv(columns, 4 * WARP) * WARP);
    int resident = context.multiprocessors() * (RESIDENT_THREADS / threads);
    int blocks = Math.min(Math.ceilDiv(x.rows(), ROWS), resident);
    long partial = sums ? context.scratch(2L * blocks * columns * Float.BYTES) : 0;
    kernel.tensor(dy).stride(dy).tensor(x).stride(x).tensor(gamma).tensor(mean).tensor(rstd);
    kernel.tensor(dx).stride(dx);
    if (kernel != backwardBf16) {
      kernel.tensor(rounded).stride(rounded);
    }
    kernel
        .integer(accumulate ? 1 : 0)
        .pointer(partial)
        .integer(x.rows())
        .integer(columns)
        .launch(blocks, threads);
    if (sums) {
      parameters.pointer(partial).integer(blocks).tensor(dgamma).tensor(dbeta).integer(columns);
      int warps = Math.min(MOST_THREADS / WARP, blocks);
      parameters.launch(Math.ceilDiv(columns, WARP), 2, 1, warps * WARP, 0);
    }
  }

  private CudaKernel backwardKernel(Tensor dy, Tensor dx) {
    boolean gradientIsBf16 = dx != null && CudaShapes.isBf16(dx);
    if (!CudaShapes.isBf16(dy)) {
      if (gradientIsBf16) {
        throw Shapes.mismatch(dx, dy, "expected F32, as the gradient that it is computed from");
      }
      return backward;
    }
    return gradientIsBf16 ? backwardBf16 : backwardOfBf16;
  }

  private static void checkRounded(Tensor rounded, Tensor dx, Tensor x) {
    Shapes.same(rounded, x);
    if (dx == null || CudaShapes.isBf16(dx) || !CudaShapes.isBf16(rounded)) {
      throw Shapes.mismatch(rounded, x, "expected BF16 beside an F32 dx, got dx " + dx);
    }
  }

  private static void checkForward(
      Tensor x, Tensor gamma, Tensor beta, Tensor y, Tensor mean, Tensor rstd) {
    Shapes.same(y, x);
    CudaShapes.requireFloat(x);
    checkVector(gamma, x.columns(), "column", x);
    checkVector(beta, x.columns(), "column", x);
    checkVector(mean, x.rows(), "row", x);
    checkVector(rstd, x.rows(), "row", x);
  }

  /** A vector of floats, or null. */
  private static void checkVector(Tensor vector, int length, String unit, Tensor x) {
    if (vector != null) {
      Shapes.vector(vector, length, unit, x);
      CudaShapes.requireFloat(vector);
    }
  }
}
