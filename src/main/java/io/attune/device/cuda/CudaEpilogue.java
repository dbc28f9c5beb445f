package io.attune.device.cuda;

import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * How a product and its {@link Epilogue} share the work: what the product itself can do (add to C,
 * add a bias) and what is left for a kernel.
 *
 * @param target where the product is written: C, or the kept pre-activation; null: scratch, where
 *     both C's old value and the bare product are needed (scratch begins as C where beta is not 0)
 * @param beta of the product; a residual that is C itself counts as one more C
 * @param residual what the kernel still adds, or null
 * @param source a residual that a product with a fused bias can add, or null: where that happens,
 *     no kernel is needed
 * @param bias whether there is one, and {@code fusible} whether its type is that of C
 * @param more whether a kernel must run even if the product added the bias
 */
record CudaEpilogue(
    Tensor target,
    float beta,
    Tensor residual,
    Tensor source,
    boolean bias,
    boolean fusible,
    boolean more) {
  static CudaEpilogue of(Epilogue epilogue, float beta, Tensor c) {
    Tensor residual = epilogue.residual();
    boolean keeps = epilogue.preActivation() != null;
    boolean ownResidual = residual != null && isSame(residual, c);
    boolean bias = epilogue.bias() != null;
    boolean fusible = bias && epilogue.bias().dtype() == c.dtype();
    if (epilogue.activation() == null && !keeps) {
      boolean kernelAdds = residual != null && !ownResidual;
      return new CudaEpilogue(
          c,
          ownResidual ? beta + 1 : beta,
          kernelAdds ? residual : null,
          kernelAdds && fusible && beta == 0 && residual.dtype() == c.dtype() ? residual : null,
          bias,
          fusible,
          kernelAdds);
    }
    Tensor target = beta == 0 && keeps ? epilogue.preActivation() : ownResidual ? null : c;
    return new CudaEpilogue(target, beta, residual, null, bias, fusible, true);
  }

  boolean needsScratch() {
    return target == null;
  }

  /** Whether scratch must hold C before the product. */
  boolean startsFromC() {
    return target == null && beta != 0;
  }

  boolean needsKernel(boolean biasFused) {
    return biasFused ? more && source == null : more || bias;
  }

  private static boolean isSame(Tensor x, Tensor y) {
    return x.buffer() == y.buffer() && x.offset() == y.offset() && x.rowStride() == y.rowStride();
  }
}
