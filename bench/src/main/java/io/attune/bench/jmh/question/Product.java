package io.attune.bench.jmh.question;

/**
 * A product of row-major matrices, {@code C = op(A) op(B)}.
 *
 * @param transposeA A is [K, M] instead of [M, K]
 * @param transposeB B is [N, K] instead of [K, N]
 * @param script the method of {@code gemm.py} that does the same
 */
record Product(
    String operation, boolean transposeA, boolean transposeB, int m, int n, int k, String script) {
  /** {@code Y = X W^T} of a layer with weight [out, in]. */
  static Product forward(int rows, int in, int out) {
    return new Product("gemm forward", false, true, rows, out, in, "forward");
  }

  /** {@code dX = dY W}. */
  static Product inputGradient(int rows, int in, int out) {
    return new Product("gemm dX", false, false, rows, in, out, "input_gradient");
  }

  /** {@code dW = dY^T X}. */
  static Product weightGradient(int rows, int in, int out) {
    return new Product("gemm dW", true, false, out, in, rows, "weight_gradient");
  }

  int rowsA() {
    return transposeA ? k : m;
  }

  int columnsA() {
    return transposeA ? m : k;
  }

  int rowsB() {
    return transposeB ? n : k;
  }

  int columnsB() {
    return transposeB ? k : n;
  }

  double flops() {
    return 2.0 * m * n * k;
  }
}
