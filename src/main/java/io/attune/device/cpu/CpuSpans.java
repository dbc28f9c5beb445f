package io.attune.device.cpu;

/** How work is cut into tasks: by shapes alone, never by the number of threads. */
final class CpuSpans {
  /** Elements: 64 KiB, a few of which fit a core's second-level cache. */
  static final int CHUNK = 16384;

  private CpuSpans() {}

  /** Rows of this many columns that make one task. */
  static int rowsPerTask(int columns) {
    return Math.max(1, CHUNK / Math.max(1, columns));
  }

  /** Tasks of {@code perTask} items that cover {@code items}. */
  static int tasks(int items, int perTask) {
    return (int) (((long) items + perTask - 1) / perTask);
  }
}
