package io.attune.device.cpu;

import io.attune.device.op.Activation;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * The end of a product: rows of sums are scaled, biased, activated and stored while they are still
 * in the first cache. Prepared anew for every product, so that a product allocates nothing.
 */
final class GemmStore {
  private float alpha;
  private float beta;
  private float[] c;
  private int cOffset;
  private int cStride;
  private float[] bias;
  private int biasOffset;
  private Activation activation;
  private float[] pre;
  private int preOffset;
  private int preStride;
  private float[] residual;
  private int residualOffset;
  private int residualStride;
  private long itemStride;

  /**
   * Takes the target and what is to be done on the way to it.
   *
   * @param itemStride elements from one item of a batch to the next, in C and its companions
   */
  void prepare(float alpha, float beta, Tensor target, long itemStride, Epilogue epilogue) {
    this.itemStride = itemStride;
    this.alpha = alpha;
    this.beta = beta;
    c = CpuBuffer.floats(target);
    cOffset = CpuBuffer.offset(target);
    cStride = CpuBuffer.stride(target);
    Tensor biasTensor = epilogue.bias();
    bias = biasTensor == null ? null : CpuBuffer.floats(biasTensor);
    biasOffset = biasTensor == null ? 0 : CpuBuffer.offset(biasTensor);
    activation = epilogue.activation();
    Tensor preTensor = epilogue.preActivation();
    pre = preTensor == null ? null : CpuBuffer.floats(preTensor);
    preOffset = preTensor == null ? 0 : CpuBuffer.offset(preTensor);
    preStride = preTensor == null ? 0 : CpuBuffer.stride(preTensor);
    Tensor residualTensor = epilogue.residual();
    residual = residualTensor == null ? null : CpuBuffer.floats(residualTensor);
    residualOffset = residualTensor == null ? 0 : CpuBuffer.offset(residualTensor);
    residualStride = residualTensor == null ? 0 : CpuBuffer.stride(residualTensor);
  }

  /** Forgets the arrays, so that closed tensors can be collected. */
  void release() {
    c = null;
    bias = null;
    pre = null;
    residual = null;
  }

  /** Whether sums are stored as they are. */
  boolean isPlain() {
    return alpha == 1
        && beta == 0
        && bias == null
        && pre == null
        && activation == null
        && residual == null;
  }

  /** The array in which C lies. */
  float[] target() {
    return c;
  }

  /** Where an item's element (i, j) lies in {@link #target}. */
  int placeOf(int item, int i, int j) {
    return cOffset + Math.toIntExact(item * itemStride) + i * cStride + j;
  }

  /** Elements from one row of C to the next. */
  int stride() {
    return cStride;
  }

  /**
   * Stores sums of an item's row i, columns j to j + n.
   *
   * @param sums the products, from element 0; overwritten
   */
  void row(int item, int i, int j, int n, float[] sums) {
    int shift = Math.toIntExact(item * itemStride);
    int at = cOffset + shift + i * cStride + j;
    scale(sums, at, n);
    if (bias != null) {
      add(bias, biasOffset + j, sums, n);
    }
    if (pre != null) {
      System.arraycopy(sums, 0, pre, preOffset + shift + i * preStride + j, n);
    }
    if (activation != null) {
      CpuMath.activate(activation, sums, 0, sums, 0, n);
    }
    if (residual != null) {
      add(residual, residualOffset + shift + i * residualStride + j, sums, n);
    }
    System.arraycopy(sums, 0, c, at, n);
  }

  private void scale(float[] sums, int at, int n) {
    if (alpha != 1) {
      float factor = alpha;
      for (int x = 0; x < n; x++) {
        sums[x] *= factor;
      }
    }
    if (beta != 0) {
      float factor = beta;
      float[] old = c;
      for (int x = 0; x < n; x++) {
        sums[x] += factor * old[at + x];
      }
    }
  }

  private static void add(float[] x, int xo, float[] y, int n) {
    for (int i = 0; i < n; i++) {
      y[i] += x[xo + i];
    }
  }
}
