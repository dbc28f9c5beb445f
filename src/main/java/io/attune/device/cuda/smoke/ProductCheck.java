package io.attune.device.cuda.smoke;

import io.attune.device.cuda.Blas;
import io.attune.device.cuda.Blas.Compute;
import io.attune.device.cuda.Blas.Matrix;
import io.attune.tensor.DType;

/** Matrix products of cuBLAS in f32 and bf16, single and batched, against double precision. */
final class ProductCheck {
  private static final int M = 96;
  private static final int N = 160;
  private static final int K = 224;
  private static final int BATCH = 3;

  private final Session session;
  private final Blas cublas;

  ProductCheck(Session session, Blas cublas) {
    this.session = session;
    this.cublas = cublas;
  }

  void run(SmokeReport report) {
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      check(report, type, false);
      check(report, type, true);
    }
  }

  /**
   * Operands are exact and sums are kept in f32: FFMA rounds, a tensor core's adder truncates. A
   * product in tf32 errs by 3e-4, one kept in bf16 by 2e-3.
   */
  private static double limit(DType type) {
    return type == DType.F32 ? 2e-6 : 1e-5;
  }

  /** c = a b^T, column-major, with op(a) as stored and b transposed. */
  private void check(SmokeReport report, DType type, boolean batched) {
    int count = batched ? BATCH : 1;
    float[] a = KernelCheck.randoms(count * M * K, 4);
    float[] b = KernelCheck.randoms(count * N * K, 5);
    if (type == DType.BF16) {
      Bfloat16.round(a);
      Bfloat16.round(b);
    }
    float[] c = KernelCheck.randoms(count * M * N, 6);
    Matrix aMatrix = new Matrix(upload(a, type), type, M, (long) M * K);
    Matrix bMatrix = new Matrix(upload(b, type), type, N, (long) N * K);
    Matrix cMatrix = new Matrix(session.upload(c), DType.F32, M, (long) M * N);
    if (batched) {
      cublas.gemmStridedBatched(
          false, true, M, N, K, 0.5f, aMatrix, bMatrix, 2f, cMatrix, count, Compute.F32);
    } else {
      cublas.gemm(false, true, M, N, K, 0.5f, aMatrix, bMatrix, 2f, cMatrix, Compute.F32);
    }
    float[] ours = session.download(cMatrix.address(), c.length);
    String name = "product %s %dx%dx%d%s".formatted(type, M, N, K, batched ? ", batch of 3" : "");
    report.check(name, RelativeError.of(ours, expected(a, b, c, count)), limit(type));
    session.freeAll();
  }

  private long upload(float[] values, DType type) {
    return type == DType.BF16 ? session.upload(Bfloat16.bits(values)) : session.upload(values);
  }

  private static double[] expected(float[] a, float[] b, float[] c, int count) {
    double[] expected = new double[c.length];
    for (int batch = 0; batch < count; batch++) {
      for (int column = 0; column < N; column++) {
        for (int row = 0; row < M; row++) {
          double sum = 0;
          for (int k = 0; k < K; k++) {
            sum += (double) a[(batch * K + k) * M + row] * b[(batch * K + k) * N + column];
          }
          int i = (batch * N + column) * M + row;
          expected[i] = 0.5 * sum + 2.0 * c[i];
        }
      }
    }
    return expected;
  }
}
