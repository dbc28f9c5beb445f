package io.attune.device.cuda;

import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * How a product and its {@link Epilogue} share the work: what the product itself can do (add to C,
 * add a bias) and what is left for a kernel. One object plans every product anew.
 */
final class CudaEpilogue {
  private Tensor target;
  private float beta;
  private Tensor residual;
  private Tensor source;
  private boolean bias;
  private boolean fusible;
  private boolean more;

  void plan(Epilogue epilogue, float givenBeta, Tensor c) {
    boolean keeps = epilogue.preActivation() != null;
    boolean ownResidual = epilogue.residual() != null && isSame(epilogue.residual(), c);
    bias = epilogue.bias() != null;
    fusible = bias && epilogue.bias().dtype() == c.dtype();
    if (epilogue.activation() == null && !keeps) {
      target = c;
      beta = ownResidual ? givenBeta + 1 : givenBeta;
      residual = ownResidual ? null : epilogue.residual();
      more = residual != null;
      boolean addable = more && fusible && givenBeta == 0 && residual.dtype() == c.dtype();
      source = addable ? residual : null;
    } else {
      target = givenBeta == 0 && keeps ? epilogue.preActivation() : ownResidual ? null : c;
      beta = givenBeta;
      residual = epilogue.residual();
      source = null;
      more = true;
    }
  }

  /**
   * Where the product is written: C, or the kept pre-activation; null: scratch, where both C's old
   * value and the bare product are needed (scratch begins as C where beta is not 0).
   */
  Tensor target() {
    return target;
  }

  /** Of the product; a residual that is C itself counts as one more C. */
  float beta() {
    return beta;
  }

  /** What the kernel still adds, or null. */
  Tensor residual() {
    return residual;
  }

  /**
   * A residual that a product with a fused bias can add, or null: where that happens, no kernel is
   * needed.
   */
  Tensor source() {
    return source;
  }

  /** Whether there is a bias of C's type, which the product may add. */
  boolean fusible() {
    return fusible;
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
