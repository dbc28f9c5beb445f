package io.attune.device.cuda;

import io.attune.device.Precision;
import io.attune.device.op.Activation;
import io.attune.device.op.Epilogue;
import io.attune.device.op.GemmOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * Products by {@link Blas}, which thinks in columns: a row-major C = A B is its C' = B' A'. What it
 * cannot do in the same pass, kernels/gemm.cu does in one more. Operands are both F32 or both BF16;
 * of a mixed pair the F32 one is rounded first.
 */
final class CudaGemm implements GemmOps {
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int MAX_GRID = 65_535;

  /** What a thread of gemm.cu's epilogue takes of a row, and of how many rows. */
  private static final int PACKET_BYTES = 16;

  private static final int FLOAT_ROWS_PER_THREAD = 2;

  private static final int BF16_ROWS_PER_THREAD = 4;
  private static final long ELEMENTS_PER_BLOCK = 1024;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 16;

  private final CudaContext context;
  private final Blas blas;
  private final Blas.Compute compute;
  private final CudaEpilogue plan = new CudaEpilogue();
  private final MatrixCache matrices = new MatrixCache();
  private final CudaKernel epilogueFloat;
  private final CudaKernel epilogueBf16;
  private final CudaKernel epilogueMixed;
  private final CudaKernel round;
  private final CudaKernel copyFloat;
  private final CudaKernel copyBf16;

  CudaGemm(CudaContext context, Blas blas, Precision precision) {
    this.context = context;
    this.blas = blas;
    this.compute = precision == Precision.TF32 ? Blas.Compute.TF32 : Blas.Compute.F32;
    epilogueFloat = context.kernel("gemm", "gemm_epilogue_f32");
    epilogueBf16 = context.kernel("gemm", "gemm_epilogue_bf16");
    epilogueMixed = context.kernel("gemm", "gemm_epilogue_bf16_f32");
    round = context.kernel("elementwise", "elementwise_copy_f32_bf16");
    copyFloat = context.kernel("elementwise", "elementwise_copy_f32_f32");
    copyBf16 = context.kernel("elementwise", "elementwise_copy_bf16_bf16");
  }

  @Override
  public void multiply(
      boolean transposeA,
      Tensor a,
      boolean transposeB,
      Tensor b,
      float alpha,
      float beta,
      Tensor c,
      Epilogue epilogue) {
    product(1, transposeA, a, 0, transposeB, b, 0, alpha, beta, c, 0, epilogue);
  }

  @Override
  public void multiplyBatched(
      int batch,
      boolean transposeA,
      Tensor a,
      long strideA,
      boolean transposeB,
      Tensor b,
      long strideB,
      float alpha,
      float beta,
      Tensor c,
      long strideC,
      Epilogue epilogue) {
    if (batch > 0) {
      requireRoom(batch, a, strideA);
      requireRoom(batch, b, strideB);
      requireRoom(batch, c, strideC);
    }
    product(
        batch, transposeA, a, strideA, transposeB, b, strideB, alpha, beta, c, strideC, epilogue);
  }

  private void product(
      int batch,
      boolean transposeA,
      Tensor a,
      long strideA,
      boolean transposeB,
      Tensor b,
      long strideB,
      float alpha,
      float beta,
      Tensor c,
      long strideC,
      Epilogue epilogue) {
    int m = transposeA ? a.columns() : a.rows();
    int k = transposeA ? a.rows() : a.columns();
    int n = transposeB ? b.rows() : b.columns();
    if (k != (transposeB ? b.columns() : b.rows())) {
      throw Shapes.mismatch(a, b, "expected the inner extents to be equal");
    }
    if (c.rows() != m || c.columns() != n) {
      throw Shapes.mismatch(c, a, "expected [%d, %d] for the product".formatted(m, n));
    }
    checkEpilogue(epilogue, c);
    if (batch == 0 || m == 0 || n == 0) {
      return;
    }
    plan.plan(epilogue, beta, c);
    boolean mixed = a.dtype() != b.dtype() && k > 0;
    long roundedBytes = mixed ? roundedBytes(CudaShapes.isBf16(a) ? b : a, batch) : 0;
    long productBytes = plan.needsScratch() ? (long) batch * m * n * c.dtype().bytes() : 0;
    long scratch =
        roundedBytes + productBytes == 0 ? 0 : context.scratch(roundedBytes + productBytes);
    Blas.Matrix left = operand(a, strideA, mixed, batch, scratch);
    Blas.Matrix right = operand(b, strideB, mixed, batch, scratch);
    Blas.Matrix out =
        plan.needsScratch()
            ? matrices.of(scratch + roundedBytes, c.dtype(), n, (long) m * n)
            : matrix(plan.target(), strideC);
    if (plan.startsFromC()) {
      for (int i = 0; i < batch; i++) {
        long bytes = c.dtype().bytes();
        CudaKernel copy = CudaShapes.isBf16(c) ? copyBf16 : copyFloat;
        copy.pointer(CudaBuffer.address(c, context) + i * strideC * bytes).stride(c);
        copy.pointer(out.address() + i * out.stride() * bytes).number(n);
        launch(copy.number(m).number(n), (long) m * n);
      }
    }
    context.enter();
    Blas.Matrix source = plan.source() == null ? out : matrix(plan.source(), strideC);
    boolean fused =
        batch == 1
            && plan.fusible()
            && blas.gemmBias(
                transposeB,
                transposeA,
                n,
                m,
                k,
                alpha,
                right,
                left,
                plan.source() == null ? plan.beta() : 1,
                source,
                out,
                CudaBuffer.address(epilogue.bias(), context),
                compute);
    if (!fused && batch == 1) {
      blas.gemm(transposeB, transposeA, n, m, k, alpha, right, left, plan.beta(), out, compute);
    } else if (!fused) {
      blas.gemmStridedBatched(
          transposeB, transposeA, n, m, k, alpha, right, left, plan.beta(), out, batch, compute);
    }
    if (plan.needsKernel(fused)) {
      finish(batch, fused, out, c, strideC, epilogue);
    }
  }

  /** Bias, activation and residual, each where it was not part of the product. */
  private void finish(
      int batch, boolean fused, Blas.Matrix product, Tensor c, long strideC, Epilogue epilogue) {
    Tensor bias = fused ? null : epilogue.bias();
    Tensor residual = plan.residual();
    Tensor kept = epilogue.preActivation();
    boolean floats = CudaShapes.isFloat(bias) && CudaShapes.isFloat(residual);
    CudaKernel kernel =
        !CudaShapes.isBf16(c) ? epilogueFloat : floats ? epilogueMixed : epilogueBf16;
    kernel.pointer(product.address()).number(product.leading()).number(product.stride());
    kernel.tensor(bias);
    kernel.tensor(kept).stride(kept).number(strideC);
    kernel.tensor(residual).stride(residual).number(strideC);
    kernel.tensor(c).stride(c).number(strideC);
    kernel.integer(code(epilogue.activation())).number(c.rows()).integer(c.columns());
    int packets = Math.ceilDiv(c.columns() * c.dtype().bytes(), PACKET_BYTES);
    int threads = Math.min(THREADS, Math.ceilDiv(packets, WARP) * WARP);
    int rows = CudaShapes.isBf16(c) ? BF16_ROWS_PER_THREAD : FLOAT_ROWS_PER_THREAD;
    int height = Math.min(MAX_GRID, Math.ceilDiv(c.rows(), rows));
    kernel.launch(Math.ceilDiv(packets, threads), height, batch, threads, 0);
  }

  private void launch(CudaKernel copy, long elements) {
    long blocks = Math.ceilDiv(elements, ELEMENTS_PER_BLOCK);
    long most = (long) BLOCKS_PER_MULTIPROCESSOR * context.multiprocessors();
    copy.launch((int) Math.min(blocks, most), THREADS);
  }

  private static int code(Activation activation) {
    return activation == null ? 0 : activation == Activation.QUICK_GELU ? 1 : 2;
  }

  /** The operand as it lies in memory, or rounded to bf16 in scratch where the other one is. */
  private Blas.Matrix operand(Tensor tensor, long stride, boolean mixed, int batch, long scratch) {
    if (!mixed || CudaShapes.isBf16(tensor)) {
      return matrix(tensor, stride);
    }
    int count = stride == 0 ? 1 : batch;
    for (int i = 0; i < count; i++) {
      long from = CudaBuffer.address(tensor, context) + i * stride * Float.BYTES;
      long to = scratch + i * tensor.size() * DType.BF16.bytes();
      round.pointer(from).stride(tensor).pointer(to).number(tensor.columns());
      launch(round.number(tensor.rows()).number(tensor.columns()), tensor.size());
    }
    return matrices.of(scratch, DType.BF16, tensor.columns(), stride == 0 ? 0 : tensor.size());
  }

  private static long roundedBytes(Tensor tensor, int batch) {
    return Math.ceilDiv(tensor.size() * batch * DType.BF16.bytes(), 256L) * 256;
  }

  private Blas.Matrix matrix(Tensor tensor, long stride) {
    CudaShapes.isBf16(tensor);
    long leading = Math.max(tensor.rowStride(), Math.max(1, tensor.columns()));
    return matrices.of(
        CudaBuffer.address(tensor, context), tensor.dtype(), Math.toIntExact(leading), stride);
  }

  private static void checkEpilogue(Epilogue epilogue, Tensor c) {
    if (epilogue.bias() != null) {
      Shapes.vector(epilogue.bias(), c.columns(), "column", c);
    }
    if (epilogue.preActivation() != null) {
      Shapes.same(epilogue.preActivation(), c);
      if (epilogue.preActivation().dtype() != c.dtype()) {
        throw Shapes.mismatch(epilogue.preActivation(), c, "expected one type in both");
      }
    }
    if (epilogue.residual() != null) {
      Shapes.same(epilogue.residual(), c);
    }
  }

  /** The last of the batch's matrices ends within the buffer. */
  private static void requireRoom(int batch, Tensor tensor, long stride) {
    long last =
        tensor.offset()
            + (batch - 1) * stride
            + Math.max(0, tensor.rows() - 1) * tensor.rowStride()
            + tensor.columns();
    if (stride < 0 || last > tensor.buffer().length()) {
      throw new IllegalArgumentException(
          "%d matrices like %s, %d elements apart, do not fit its buffer of %d elements"
              .formatted(batch, tensor, stride, tensor.buffer().length()));
    }
  }
}
