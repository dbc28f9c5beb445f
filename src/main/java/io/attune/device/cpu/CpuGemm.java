package io.attune.device.cpu;

import io.attune.device.op.Epilogue;
import io.attune.device.op.GemmOps;
import io.attune.tensor.Tensor;

/** Matrix products on the CPU: checks the shapes, then multiplies item by item. */
final class CpuGemm implements GemmOps {
  private final GemmProduct product;
  private final GemmStore store = new GemmStore();

  CpuGemm(CpuThreads threads) {
    this.product = new GemmProduct(threads, store);
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
    multiplyBatched(1, transposeA, a, 0, transposeB, b, 0, alpha, beta, c, 0, epilogue);
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
    int m = c.rows();
    int n = c.columns();
    int k = transposeA ? a.rows() : a.columns();
    requireProduct(transposeA, a, transposeB, b, c);
    requireLike(epilogue.preActivation(), c);
    requireLike(epilogue.residual(), c);
    if (epilogue.bias() != null && epilogue.bias().size() != n) {
      throw new IllegalArgumentException(
          "bias %s is added to rows of %s".formatted(epilogue.bias(), c));
    }
    if (m == 0 || n == 0) {
      return;
    }
    store.prepare(alpha, beta, c, strideC, epilogue);
    product.prepare(transposeA, a, strideA, transposeB, b, strideB, m, n, k);
    if (strideB == 0) {
      product.multiply(0, batch);
    } else {
      for (int item = 0; item < batch; item++) {
        product.multiply(item, 1);
      }
    }
    product.release();
    store.release();
  }

  private static void requireProduct(
      boolean transposeA, Tensor a, boolean transposeB, Tensor b, Tensor c) {
    int m = transposeA ? a.columns() : a.rows();
    int k = transposeA ? a.rows() : a.columns();
    int inner = transposeB ? b.columns() : b.rows();
    int n = transposeB ? b.rows() : b.columns();
    if (k != inner || m != c.rows() || n != c.columns()) {
      throw new IllegalArgumentException(
          "%s%s times %s%s cannot give %s"
              .formatted(a, transposeA ? "^T" : "", b, transposeB ? "^T" : "", c));
    }
  }

  private static void requireLike(Tensor x, Tensor c) {
    if (x != null && (x.rows() != c.rows() || x.columns() != c.columns())) {
      throw new IllegalArgumentException("%s must have the shape of %s".formatted(x, c));
    }
  }
}
