package io.attune.device.cuda;

/** {@link Blas} on the host: blocked loops with f32 sums; rounds to tf32 where that is allowed. */
final class EmulatedBlas implements Blas {
  private final EmulatedDriver driver;
  private CudaDriver.Stream stream;

  EmulatedBlas(EmulatedDriver driver) {
    this.driver = driver;
  }

  @Override
  public String description() {
    return "products on the host";
  }

  @Override
  public void setStream(CudaDriver.Stream chosen) {
    stream = chosen;
  }

  @Override
  public void gemm(
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
      Compute compute) {
    queue(transposeA, transposeB, m, n, k, alpha, a, b, beta, c, 0, 1, compute);
  }

  @Override
  public void gemmStridedBatched(
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
      Compute compute) {
    queue(transposeA, transposeB, m, n, k, alpha, a, b, beta, c, 0, count, compute);
  }

  /** Fused unless b is transposed, so that both of a caller's paths are run. */
  @Override
  public boolean gemmBias(
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
      Compute compute) {
    if (transposeB) {
      return false;
    }
    if (beta != 0 && source.address() != c.address()) {
      int bytes = c.type().bytes();
      for (int j = 0; j < n; j++) {
        long to = c.address() + (long) j * c.leading() * bytes;
        long from = source.address() + (long) j * source.leading() * bytes;
        driver.copyOnDevice(to, from, (long) m * bytes, stream);
      }
    }
    queue(transposeA, false, m, n, k, alpha, a, b, beta, c, bias, 1, compute);
    return true;
  }

  private void queue(
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
      long bias,
      int count,
      Compute compute) {
    if (a.type() != b.type()) {
      throw new IllegalArgumentException("a is %s, b is %s".formatted(a.type(), b.type()));
    }
    boolean tf32 = compute == Compute.TF32;
    EmulatedLibrary library = driver.library();
    driver.queue(
        stream,
        () ->
            library.multiply(
                transposeA, transposeB, m, n, k, alpha, a, b, beta, c, bias, count, tf32));
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
