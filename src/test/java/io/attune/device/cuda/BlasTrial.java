package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.cuda.Blas.Compute;
import io.attune.device.cuda.Blas.Matrix;
import io.attune.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One product with random operands, held against double precision. Matrices are column-major with
 * gaps between columns, which must stay as they were.
 *
 * @param apart whether beta scales another matrix than the result, with columns farther apart
 */
record BlasTrial(
    boolean transposeA,
    boolean transposeB,
    int m,
    int n,
    int k,
    DType operands,
    DType result,
    float beta,
    int batch,
    boolean bias,
    boolean apart,
    Compute compute) {
  private static final float ALPHA = 0.75f;
  private static final int GAP = 3;
  private static final float UNTOUCHED = 12288f; // exact in bf16

  /** What a product came to. */
  record Outcome(boolean served, float[] values, double error) {}

  /** Relative to the length of the right result; sums are kept in f32. */
  double limit() {
    double stored = result == DType.BF16 ? 4e-3 : 0;
    return stored + (compute == Compute.TF32 && operands == DType.F32 ? 1e-3 : 1e-5);
  }

  Outcome run(CudaDriver driver, CudaDriver.Stream stream, Blas blas) {
    int rowsA = transposeA ? k : m;
    int columnsA = transposeA ? m : k;
    int rowsB = transposeB ? n : k;
    int columnsB = transposeB ? k : n;
    float[] a = random(batch * (rowsA + GAP) * columnsA, 1, operands);
    float[] b = random(batch * (rowsB + GAP) * columnsB, 2, operands);
    float[] c = random(batch * (m + GAP) * n, 3, result);
    for (int i = 0; i < c.length; i++) {
      c[i] = i % (m + GAP) >= m ? UNTOUCHED : beta == 0 ? Float.NaN : c[i];
    }
    float[] added = random(m, 4, result);
    Matrix left = upload(driver, a, operands, rowsA, columnsA);
    Matrix right = upload(driver, b, operands, rowsB, columnsB);
    Matrix out = upload(driver, apart ? poisoned(c) : c, result, m, n);
    Matrix source = apart ? upload(driver, spread(c), result, m + 2, n) : out;
    Matrix biases = upload(driver, added, result, m, 1);
    boolean served = true;
    if (bias) {
      served =
          blas.gemmBias(
              transposeA,
              transposeB,
              m,
              n,
              k,
              ALPHA,
              left,
              right,
              beta,
              source,
              out,
              biases.address(),
              compute);
    } else if (batch == 1) {
      blas.gemm(transposeA, transposeB, m, n, k, ALPHA, left, right, beta, out, compute);
    } else {
      blas.gemmStridedBatched(
          transposeA, transposeB, m, n, k, ALPHA, left, right, beta, out, batch, compute);
    }
    driver.synchronize(stream);
    float[] values = download(driver, out, c.length);
    for (Matrix matrix : new Matrix[] {left, right, out, biases}) {
      driver.free(matrix.address());
    }
    if (apart) {
      driver.free(source.address());
    }
    return new Outcome(served, values, served ? error(a, b, c, added, values) : Double.NaN);
  }

  /** c with NaN for its elements. */
  private float[] poisoned(float[] c) {
    float[] poisoned = c.clone();
    for (int i = 0; i < c.length; i++) {
      poisoned[i] = i % (m + GAP) >= m ? c[i] : Float.NaN;
    }
    return poisoned;
  }

  /** c with columns two elements farther apart. */
  private float[] spread(float[] c) {
    float[] spread = new float[(m + 2 + GAP) * n];
    for (int j = 0; j < n; j++) {
      System.arraycopy(c, j * (m + GAP), spread, j * (m + 2 + GAP), m);
    }
    return spread;
  }

  private double error(float[] a, float[] b, float[] c, float[] added, float[] values) {
    int lda = (transposeA ? k : m) + GAP;
    int ldb = (transposeB ? n : k) + GAP;
    int ldc = m + GAP;
    double wrong = 0;
    double length = 0;
    for (int s = 0; s < batch; s++) {
      int aAt = s * lda * (transposeA ? m : k);
      int bAt = s * ldb * (transposeB ? k : n);
      int cAt = s * ldc * n;
      for (int j = 0; j < n; j++) {
        for (int i = 0; i < ldc; i++) {
          double right;
          if (i >= m) {
            right = UNTOUCHED;
            if (values[cAt + j * ldc + i] != UNTOUCHED) {
              return Double.POSITIVE_INFINITY;
            }
            continue;
          }
          double sum = 0;
          for (int p = 0; p < k; p++) {
            sum +=
                (double) a[aAt + (transposeA ? i * lda + p : p * lda + i)]
                    * b[bAt + (transposeB ? p * ldb + j : j * ldb + p)];
          }
          right = ALPHA * sum + (beta == 0 ? 0 : (double) beta * c[cAt + j * ldc + i]);
          right += bias ? added[i] : 0;
          wrong += Math.pow(values[cAt + j * ldc + i] - right, 2);
          length += right * right;
        }
      }
    }
    return Math.sqrt(wrong / length);
  }

  private static float[] random(int count, int stream, DType type) {
    Philox philox = new Philox(new PhiloxKey(7, stream, 0));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float value = (float) philox.nextNormal();
      values[i] = type == DType.BF16 ? Float.intBitsToFloat(bf16(value) << 16) : value;
    }
    return values;
  }

  /** Rounded to nearest, ties to even; for what is exact already, its upper half. */
  private static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  /** A batch of matrices with {@link #GAP} elements after each column. */
  private static Matrix upload(
      CudaDriver driver, float[] values, DType type, int rows, int columns) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(values.length * type.bytes());
      for (int i = 0; i < values.length; i++) {
        if (type == DType.BF16) {
          short bits = Float.isNaN(values[i]) ? (short) 0x7FC0 : bf16(values[i]);
          host.setAtIndex(JAVA_SHORT, i, bits);
        } else {
          host.setAtIndex(JAVA_FLOAT, i, values[i]);
        }
      }
      long address = driver.allocate(host.byteSize());
      driver.copyToDevice(address, host);
      int leading = rows + GAP;
      return new Matrix(address, type, leading, (long) leading * columns);
    }
  }

  private static float[] download(CudaDriver driver, Matrix matrix, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(count * matrix.type().bytes());
      driver.copyToHost(host, matrix.address());
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] =
            matrix.type() == DType.BF16
                ? Float.intBitsToFloat(host.getAtIndex(JAVA_SHORT, i) << 16)
                : host.getAtIndex(JAVA_FLOAT, i);
      }
      return values;
    }
  }
}
