package io.attune.device.cpu;

import io.attune.device.op.Epilogue;
import io.attune.device.op.GemmOps;
import io.attune.tensor.Tensor;

/** Matrix products, row by row. */
final class CpuGemm implements GemmOps {
  private final CpuThreads threads;

  CpuGemm(CpuThreads threads) {
    this.threads = threads;
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
    threads.run(
        batch * m,
        task -> {
          int i = task % m;
          long item = task / m;
          float[] row = new float[n];
          float[] as = CpuBuffer.floats(a);
          float[] bs = CpuBuffer.floats(b);
          int ao = (int) (a.offset() + item * strideA);
          int bo = (int) (b.offset() + item * strideB);
          int lda = CpuBuffer.stride(a);
          int ldb = CpuBuffer.stride(b);
          for (int p = 0; p < k; p++) {
            float x = alpha * as[transposeA ? ao + p * lda + i : ao + i * lda + p];
            for (int j = 0; j < n; j++) {
              row[j] += x * bs[transposeB ? bo + j * ldb + p : bo + p * ldb + j];
            }
          }
          store(row, i, item * strideC, beta, c, epilogue);
        });
  }

  private static void store(
      float[] row, int i, long shift, float beta, Tensor c, Epilogue epilogue) {
    int n = c.columns();
    float[] cs = CpuBuffer.floats(c);
    int co = (int) (c.offset() + shift + i * c.rowStride());
    for (int j = 0; j < n; j++) {
      float z = beta == 0 ? row[j] : row[j] + beta * cs[co + j];
      if (epilogue.bias() != null) {
        z += CpuBuffer.floats(epilogue.bias())[CpuBuffer.offset(epilogue.bias()) + j];
      }
      if (epilogue.preActivation() != null) {
        Tensor pre = epilogue.preActivation();
        CpuBuffer.floats(pre)[(int) (pre.offset() + shift + i * pre.rowStride()) + j] = z;
      }
      if (epilogue.activation() != null) {
        z =
            switch (epilogue.activation()) {
              case QUICK_GELU -> CpuMath.quickGelu(z);
              case GELU -> CpuMath.gelu(z);
            };
      }
      if (epilogue.residual() != null) {
        Tensor residual = epilogue.residual();
        z +=
            CpuBuffer.floats(residual)[
                (int) (residual.offset() + shift + i * residual.rowStride()) + j];
      }
      cs[co + j] = z;
    }
  }
}
