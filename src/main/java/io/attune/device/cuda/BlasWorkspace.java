package io.attune.device.cuda;

/**
 * Device memory that products may use while they run. cuBLAS would take its own from a pool, which
 * a captured graph must not, and whose size decides which algorithms it may choose.
 */
final class BlasWorkspace implements AutoCloseable {
  /** What NVIDIA recommends for the H100; smaller cards need 4 MiB. */
  static final long BYTES = 32L << 20;

  private final CudaDriver driver;
  private final long address;

  BlasWorkspace(CudaDriver driver) {
    this.driver = driver;
    address = driver.allocate(BYTES);
  }

  long address() {
    return address;
  }

  @Override
  public void close() {
    driver.free(address);
  }
}
