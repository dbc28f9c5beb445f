package io.attune.device.op;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** {@code C = epilogue(alpha op(A) op(B) + beta C)} on every device present. */
class GemmContract {
  @TestFactory
  Stream<DynamicTest> product() {
    return Trials.of(
        "gemm",
        40,
        trial -> {
          int m = trial.size("M", 1, 150);
          int n = trial.size("N", 1, 150);
          int k = trial.size("K", 1, 300);
          check(trial, 1, m, n, k);
        });
  }

  /** Few rows, as a batch of class tokens has; N and K beyond one cache block. */
  @TestFactory
  Stream<DynamicTest> skinnyProduct() {
    return Trials.of(
        "skinny gemm",
        12,
        trial -> {
          int m = trial.size("M", 1, 16);
          int n = trial.size("N", 60, 700);
          int k = trial.size("K", 1, 1300);
          check(trial, 1, m, n, k);
        });
  }

  /** Sizes that cross every block border of a cache-blocked product. */
  @TestFactory
  Stream<DynamicTest> largeProduct() {
    return Trials.of(
        "large gemm",
        3,
        trial -> {
          int m = trial.size("M", 250, 400);
          int n = trial.size("N", 500, 700);
          int k = trial.size("K", 500, 900);
          check(trial, 1, m, n, k);
        });
  }

  /** So many steps of k that rows, columns and items no longer fit one packed slab. */
  @TestFactory
  Stream<DynamicTest> longProduct() {
    return Stream.concat(
        Trials.of("long gemm", 1, trial -> check(trial, 1, trial.size("M", 150, 160), 260, 8200)),
        Trials.of(
            "long batched gemm", 1, trial -> check(trial, 4, trial.size("M", 36, 40), 260, 8200)));
  }

  @TestFactory
  Stream<DynamicTest> batchedProduct() {
    return Trials.of(
        "batched gemm",
        20,
        trial -> {
          int batch = trial.size("batch", 1, 7);
          int m = trial.size("M", 1, 50);
          int n = trial.size("N", 1, 50);
          int k = trial.size("K", 1, 80);
          check(trial, batch, m, n, k);
        });
  }

  /**
   * What follows a product of BF16 matrices, with a C that is BF16 or F32. Operands and bias are
   * small whole numbers, so that their sum is exact in either type.
   */
  @TestFactory
  Stream<DynamicTest> bfloat16Epilogue() {
    return Trials.of(
        "epilogue of BF16",
        16,
        trial -> {
          Device device = trial.device();
          Bfloat16.assumeServed(device);
          int m = trial.size("M", 1, 30);
          int n = trial.pick("N", 1, 7, 8, 64, 100, 264, 2056);
          Tensor a = Bfloat16.rounded(device, wholeNumbers(trial, "a", m, 5), "a in BF16");
          Tensor b = Bfloat16.rounded(device, wholeNumbers(trial, "b", n, 5), "b in BF16");
          boolean half = trial.flag("C in BF16");
          boolean halfOperands = half && trial.flag("bias and residual in BF16");
          Tensor bias = trial.flag("bias") ? wholeNumbers(trial, "bias", 1, n) : null;
          if (bias != null && halfOperands) {
            bias = Bfloat16.rounded(device, bias, "bias in BF16");
          }
          Activation activation =
              trial.flag("activate") ? trial.pick("activation", Activation.values()) : null;
          Tensor pre = trial.flag("pre") ? matrix(trial, half, "pre", false, m, n) : null;
          Tensor residual =
              trial.flag("residual") ? matrix(trial, halfOperands, "residual", true, m, n) : null;
          Tensor c = matrix(trial, half, "c", false, m, n);
          double[] z = new double[m * n];
          double[] expected = new double[m * n];
          double[] left = trial.values(a);
          double[] shift = bias == null ? null : trial.values(bias);
          double[] added = residual == null ? null : trial.values(residual);
          double[] right = trial.values(b);
          for (int i = 0; i < z.length; i++) {
            for (int k = 0; k < 5; k++) {
              z[i] += left[i / n * 5 + k] * right[i % n * 5 + k];
            }
            z[i] += bias == null ? 0 : shift[i % n];
            expected[i] = References.activate(activation, z[i]);
            expected[i] += residual == null ? 0 : added[i];
          }
          device
              .gemm()
              .multiply(false, a, true, b, 1, 0, c, new Epilogue(bias, activation, pre, residual));
          for (Tensor result : new Tensor[] {c, pre}) {
            double[] wanted = result == c ? expected : z;
            if (result != null && half) {
              Bfloat16.assertRounded(device, result, wanted, 1e-6, 1e-6);
            } else if (result != null) {
              trial.assertClose(result, wanted, 1e-6, 1e-6);
            }
          }
        });
  }

  /** From -2 to 2. */
  private static Tensor wholeNumbers(Trial trial, String name, int rows, int columns) {
    double[] values = trial.normals(rows * columns);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.clamp(Math.rint(values[i]), -2, 2);
    }
    return trial.tensor(name, values, rows, columns);
  }

  private static Tensor matrix(
      Trial trial, boolean half, String name, boolean input, int rows, int columns) {
    if (half) {
      return Bfloat16.any(trial, name, input, rows, columns);
    }
    return input ? trial.anyInput(name, rows, columns) : trial.anyOutput(name, rows, columns);
  }

  private static void check(Trial trial, int batch, int m, int n, int k) {
    boolean transposeA = trial.flag("transposeA");
    boolean transposeB = trial.flag("transposeB");
    float alpha = trial.pick("alpha", 1f, 0f, -0.5f, 2f);
    float beta = trial.pick("beta", 1f, 0f, -0.5f, 2f);
    boolean sharedA = batch > 1 && trial.flag("sharedA");
    boolean sharedB = batch > 1 && trial.flag("sharedB");
    int aRows = transposeA ? k : m;
    int bRows = transposeB ? n : k;
    Tensor a = trial.gappedInput("a", sharedA ? 1 : batch, aRows, transposeA ? m : k);
    Tensor b = trial.gappedInput("b", sharedB ? 1 : batch, bRows, transposeB ? k : n);
    Tensor c = companion(trial, "c", batch, m, n, beta == 0);
    Tensor bias = trial.flag("bias") ? trial.input("bias", n) : null;
    Activation activation =
        trial.flag("activate") ? trial.pick("activation", Activation.values()) : null;
    Tensor pre = trial.flag("pre") ? companion(trial, "pre", batch, m, n, true) : null;
    Tensor residual =
        switch (trial.pick("residual", "none", "separate", "c")) {
          case "separate" -> companion(trial, "residual", batch, m, n, false);
          case "c" -> c;
          default -> null;
        };
    if (residual == c && beta == 0) {
      trial.device().write(c, Trial.floats(trial.normals(batch * m * n)), 0);
    }
    double[] expectedPre =
        reference(
            trial,
            batch,
            m,
            n,
            k,
            transposeA,
            a,
            sharedA,
            transposeB,
            b,
            sharedB,
            alpha,
            beta,
            c,
            bias);
    double[] expected = new double[expectedPre.length];
    double[] before = residual == null ? null : trial.values(residual);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = References.activate(activation, expectedPre[i]);
      expected[i] += before == null ? 0 : before[i];
    }
    Epilogue epilogue = new Epilogue(bias, activation, pre, residual);
    GemmOps gemm = trial.device().gemm();
    if (batch == 1) {
      gemm.multiply(transposeA, first(a), transposeB, first(b), alpha, beta, first(c), epilogue);
    } else {
      gemm.multiplyBatched(
          batch,
          transposeA,
          first(a),
          sharedA ? 0 : aRows * a.rowStride(),
          transposeB,
          first(b),
          sharedB ? 0 : bRows * b.rowStride(),
          alpha,
          beta,
          first(c),
          (long) m * n,
          new Epilogue(
              bias,
              activation,
              pre == null ? null : first(pre),
              residual == null ? null : first(residual)));
    }
    // A running f32 sum of k products of order 1.
    double absolute = 1e-7 * (k + 20) * Math.max(1, Math.abs(alpha));
    if (pre != null) {
      trial.assertClose(pre, expectedPre, 1e-6, absolute);
    }
    trial.assertClose(c, expected, 1e-6, absolute);
  }

  /** As C; without gaps where batched, since the stride of C holds for its companions too. */
  private static Tensor companion(
      Trial trial, String name, int batch, int m, int n, boolean output) {
    if (batch > 1) {
      return output ? trial.output(name, batch, m, n) : trial.input(name, batch, m, n);
    }
    return output ? trial.gappedOutput(name, batch, m, n) : trial.gappedInput(name, batch, m, n);
  }

  /** The first matrix of [batch, rows, columns]. */
  private static Tensor first(Tensor x) {
    return x.rowRange(0, x.shape().dim(1));
  }

  private static double[] reference(
      Trial trial,
      int batch,
      int m,
      int n,
      int k,
      boolean transposeA,
      Tensor a,
      boolean sharedA,
      boolean transposeB,
      Tensor b,
      boolean sharedB,
      float alpha,
      float beta,
      Tensor c,
      Tensor bias) {
    double[] as = trial.values(a);
    double[] bs = transposeB ? transposed(trial.values(b), n, k) : trial.values(b);
    double[] cs = trial.values(c);
    double[] biases = bias == null ? null : trial.values(bias);
    double[] z = new double[batch * m * n];
    for (int item = 0; item < batch; item++) {
      int ao = sharedA ? 0 : item * m * k;
      int bo = sharedB ? 0 : item * n * k;
      for (int i = 0; i < m; i++) {
        int row = (item * m + i) * n;
        for (int p = 0; p < k; p++) {
          double x = alpha * as[ao + (transposeA ? p * m + i : i * k + p)];
          for (int j = 0; j < n; j++) {
            z[row + j] += x * bs[bo + p * n + j];
          }
        }
        for (int j = 0; j < n; j++) {
          z[row + j] += (beta == 0 ? 0 : beta * cs[row + j]) + (bias == null ? 0 : biases[j]);
        }
      }
    }
    return z;
  }

  /** Matrices [rows, columns], one after another, as [columns, rows]. */
  private static double[] transposed(double[] x, int rows, int columns) {
    double[] result = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int at = i % (rows * columns);
      result[i - at + at % columns * rows + at / columns] = x[i];
    }
    return result;
  }
}
