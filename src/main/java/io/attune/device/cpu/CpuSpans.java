package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Cuts equally shaped tensors into tasks of about {@link #CHUNK} elements: runs of a contiguous
 * tensor, whole rows of one with gaps. The cut depends on shapes and strides alone.
 */
final class CpuSpans {
  /** 64 KiB: a few such spans fit a core's second-level cache. */
  static final int CHUNK = 16384;

  /** Work on n elements that start at these indices of the three buffers. */
  interface Kernel {
    void run(int x, int y, int z, int n);
  }

  private CpuSpans() {}

  /** Rows of this many columns that make one task. */
  static int rowsPerTask(int columns) {
    return Math.max(1, CHUNK / Math.max(1, columns));
  }

  /** Tasks of {@code perTask} items that cover {@code items}. */
  static int tasks(int items, int perTask) {
    return (int) (((long) items + perTask - 1) / perTask);
  }

  /** Runs the kernel on all spans of x, y and z, which may be one tensor thrice. */
  static void run(CpuThreads threads, Tensor x, Tensor y, Tensor z, Kernel kernel) {
    int xo = CpuBuffer.offset(x);
    int yo = CpuBuffer.offset(y);
    int zo = CpuBuffer.offset(z);
    if (x.isContiguous() && y.isContiguous() && z.isContiguous()) {
      int size = (int) x.size();
      threads.run(
          tasks(size, CHUNK),
          task -> {
            int begin = task * CHUNK;
            kernel.run(xo + begin, yo + begin, zo + begin, Math.min(CHUNK, size - begin));
          });
      return;
    }
    int xs = CpuBuffer.stride(x);
    int ys = CpuBuffer.stride(y);
    int zs = CpuBuffer.stride(z);
    int rows = x.rows();
    int columns = x.columns();
    int perTask = rowsPerTask(columns);
    threads.run(
        tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            kernel.run(xo + row * xs, yo + row * ys, zo + row * zs, columns);
          }
        });
  }
}
