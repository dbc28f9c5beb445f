package io.attune.device.cuda;

import java.util.HashMap;
import java.util.Map;

/** Bytes of device memory that a driver was asked for and holds, and the most there were. */
final class AllocationMeter {
  private final Map<Long, Long> sizes = new HashMap<>();
  private long bytes;
  private long peak;

  synchronized void allocated(long address, long size) {
    sizes.put(address, size);
    bytes += size;
    peak = Math.max(peak, bytes);
  }

  synchronized void freed(long address) {
    Long size = sizes.remove(address);
    bytes -= size == null ? 0 : size;
  }

  /** What is held now. */
  synchronized long bytes() {
    return bytes;
  }

  /** The most that was held at once since the latest {@link #resetPeak}. */
  synchronized long peak() {
    return peak;
  }

  /** Forgets what was held before now. */
  synchronized void resetPeak() {
    peak = bytes;
  }
}
