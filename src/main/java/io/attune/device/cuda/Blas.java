package io.attune.device.cuda;

import io.attune.tensor.DType;

/**
 * Matrix products on the device, with matrices column-major as cuBLAS has them: who thinks in rows
 * swaps the operands. A provider belongs to the context that is current when it is opened and to
 * one thread at a time. Work is queued in the stream set last; it allocates no device memory.
 */
public interface Blas extends AutoCloseable {
  /** How products are computed: with f32 sums, from f32 operands rounded to tf32 or not at all. */
  enum Compute {
    F32,
    TF32
  }

  /**
   * A matrix in device memory.
   *
   * @param type F32 or BF16
   * @param leading elements from one column to the next
   * @param stride elements from one matrix of a batch to the next
   */
  record Matrix(long address, DType type, int leading, long stride) {
    public Matrix(long address, DType type, int leading) {
      this(address, type, leading, 0);
    }
  }

  /**
   * Finds cuBLAS and makes a handle in the driver's current context.
   *
   * @throws CudaUnavailableException where none is found, with the places looked at
   */
  static Blas open(CudaDriver driver) {
    return BlasProviders.open(driver);
  }

  /** One line: the library, its version and where it was found. */
  String description();

  void setStream(CudaDriver.Stream stream);

  /**
   * Queues {@code c = alpha op(a) op(b) + beta c}; c is not read where beta is 0. a and b have one
   * type, c has theirs or F32.
   *
   * @param m rows of op(a) and c, {@code n} columns of op(b) and c, {@code k} what they share
   */
  void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Matrix a,
      Matrix b,
      float beta,
      Matrix c,
      Compute compute);

  /** Queues count products like {@link #gemm}, each operand moving on by its stride. */
  void gemmStridedBatched(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Matrix a,
      Matrix b,
      float beta,
      Matrix c,
      int count,
      Compute compute);

  /**
   * Queues {@code c = alpha op(a) op(b) + beta source}, with {@code bias[i]} added to every element
   * of row i of c.
   *
   * @param source of c's type and extents: c itself, or apart from it, as a residual stream is
   * @param bias address of m elements of c's type
   * @return false, with nothing queued, where this provider has no fused path for these matrices
   */
  boolean gemmBias(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Matrix a,
      Matrix b,
      float beta,
      Matrix source,
      Matrix c,
      long bias,
      Compute compute);

  @Override
  void close();
}
