package io.attune.device.cpu;

/** How work is cut into tasks: by shapes alone, never by the number of threads. */
final class CpuSpans {
  /** Elements: 64 KiB, a few of which fit a core's second-level cache. */
  static final int CHUNK = 16384;

  /** Floats of a cache line. */
  private static final int LINE = 16;

  /** The first element after an array's header that begins a line. */
  private static final int HEADLESS = LINE - 4;

  /** 4 MiB: half of the regions that G1 takes on a machine of 16 to 32 GB. */
  private static final int OWN_MEMORY = 1 << 20;

  private CpuSpans() {}

  /** Rows of this many columns that make one task. */
  static int rowsPerTask(int columns) {
    return Math.max(1, CHUNK / Math.max(1, columns));
  }

  /** Tasks of {@code perTask} items that cover {@code items}. */
  static int tasks(int items, int perTask) {
    return (int) (((long) items + perTask - 1) / perTask);
  }

  /**
   * Elements from index {@code at} to the next that begins a cache line, where the array is large
   * enough that the collector gives it memory of its own: such an array starts at a line, with a
   * header of 16 bytes. 0 for smaller ones, which lie where they fall.
   */
  static int toLine(float[] array, int at) {
    return array.length < OWN_MEMORY ? 0 : (HEADLESS - at) & (LINE - 1);
  }
}
