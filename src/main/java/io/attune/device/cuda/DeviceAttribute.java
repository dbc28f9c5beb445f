package io.attune.device.cuda;

/** Facts about a card that the driver is asked for, with the numbers that cuda.h gives them. */
public enum DeviceAttribute {
  MAX_THREADS_PER_BLOCK(1),
  MULTIPROCESSOR_COUNT(16),
  L2_CACHE_BYTES(38),
  COMPUTE_CAPABILITY_MAJOR(75),
  COMPUTE_CAPABILITY_MINOR(76),
  MAX_SHARED_MEMORY_PER_BLOCK_OPTIN(97);

  private final int number;

  DeviceAttribute(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
