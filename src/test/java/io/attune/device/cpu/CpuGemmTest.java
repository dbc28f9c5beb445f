package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.attune.device.PhiloxKey;
import io.attune.device.op.Epilogue;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However a large product is divided between threads, each element is the same sum. */
class CpuGemmTest {
  /** Columns checked against a sum of their own. */
  private static final int CHECKED = 7;

  /**
   * Sizes whose columns are divided, whose rows are, with few steps and with so many that slabs are
   * cut; two threads pack all they need by themselves, five pack one side together.
   */
  @ParameterizedTest
  @CsvSource({
    "300, 1100, 600, 1",
    "1100, 300, 600, 1",
    "290, 1200, 20, 1",
    "160, 600, 9400, 1",
    "600, 290, 9100, 1",
    "150, 1100, 300, 3"
  })
  void divisionDoesNotChangeABit(int m, int n, int k, int items) {
    for (boolean transpose : new boolean[] {false, true}) {
      float[] one = product(1, transpose, m, n, k, items);
      assertArrayEquals(one, product(2, transpose, m, n, k, items), "2 threads");
      assertArrayEquals(one, product(5, transpose, m, n, k, items), "5 threads");
    }
  }

  /** Items of A [items m, k], each times the same B, with operands as they are or transposed. */
  private static float[] product(int threads, boolean transpose, int m, int n, int k, int items) {
    try (CpuDevice device = CpuDevice.create(threads)) {
      int rows = transpose ? k : m;
      Tensor a = random(device, "a", 1, (long) items * rows, transpose ? m : k);
      Tensor b = random(device, "b", 2, transpose ? k : n, transpose ? n : k);
      Tensor c = device.allocate("c", DType.F32, Shape.of((long) items * m, n));
      device
          .gemm()
          .multiplyBatched(
              items,
              transpose,
              a.rowRange(0, rows),
              (long) m * k,
              !transpose,
              b,
              0,
              1,
              0,
              c.rowRange(0, m),
              (long) m * n,
              Epilogue.NONE);
      float[] result = device.toArray(c);
      check(result, device.toArray(a), device.toArray(b), transpose, m, n, k, items);
      return result;
    }
  }

  /** The last row of each item, a few columns, summed in double precision. */
  private static void check(
      float[] c, float[] a, float[] b, boolean transpose, int m, int n, int k, int items) {
    for (int item = 0; item < items; item++) {
      int from = item * m * k;
      int row = item * m + m - 1;
      double[] expected = new double[CHECKED];
      double[] actual = new double[CHECKED];
      for (int i = 0; i < CHECKED; i++) {
        int j = (n - 1) * i / (CHECKED - 1);
        expected[i] =
            IntStream.range(0, k)
                .mapToDouble(
                    p ->
                        (double) a[from + (transpose ? p * m + m - 1 : (m - 1) * k + p)]
                            * b[transpose ? p * n + j : j * k + p])
                .sum();
        actual[i] = c[row * n + j];
      }
      assertArrayEquals(expected, actual, 1e-7 * (k + 20), Arrays.toString(expected));
    }
  }

  private static Tensor random(CpuDevice device, String name, int stream, long rows, long columns) {
    Tensor tensor = device.allocate(name, DType.F32, Shape.of(rows, columns));
    device.philox().normal(new PhiloxKey(17, stream, 0), 0, 0, 1, tensor);
    return tensor;
  }
}
