package io.attune.device.cuda;

/** The kernel launched last, for messages; setting it allocates nothing. */
final class LatestLaunch {
  private String kernel;
  private int gridX;
  private int gridY;
  private int gridZ;
  private int threads;
  private int sharedBytes;

  void set(String kernel, int gridX, int gridY, int gridZ, int threads, int sharedBytes) {
    this.kernel = kernel;
    this.gridX = gridX;
    this.gridY = gridY;
    this.gridZ = gridZ;
    this.threads = threads;
    this.sharedBytes = sharedBytes;
  }

  boolean any() {
    return kernel != null;
  }

  @Override
  public String toString() {
    return "%s with grid %d x %d x %d, blocks of %d threads and %d bytes of shared memory"
        .formatted(kernel, gridX, gridY, gridZ, threads, sharedBytes);
  }
}
