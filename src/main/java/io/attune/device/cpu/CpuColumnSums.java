package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Sums over rows, the same for any number of threads: blocks of {@link #BLOCK} rows are summed in
 * f32, each into a row of its own, and those rows in f64, in order.
 */
final class CpuColumnSums implements CpuThreads.Task {
  static final int BLOCK = 64;
  private static final int COLUMNS_PER_TASK = 64;

  private final CpuThreads threads;
  private float[] partial = new float[0];
  private int blocks;
  private Tensor out;
  private boolean accumulate;

  CpuColumnSums(CpuThreads threads) {
    this.threads = threads;
  }

  static int blocks(int rows) {
    return CpuSpans.tasks(rows, BLOCK);
  }

  /** One zeroed-by-the-caller row of {@code columns} floats for each block. */
  float[] partial(int blocks, int columns) {
    int length = Math.multiplyExact(blocks, columns);
    if (partial.length < length) {
      partial = new float[length];
    }
    return partial;
  }

  /** {@code out = (out if accumulate) + sum of the blocks' rows}. */
  void finish(int blocks, Tensor out, boolean accumulate) {
    this.blocks = blocks;
    this.out = out;
    this.accumulate = accumulate;
    threads.run(CpuSpans.tasks((int) out.size(), COLUMNS_PER_TASK), this);
  }

  @Override
  public void run(int task) {
    float[] from = partial;
    float[] to = CpuBuffer.floats(out);
    int offset = CpuBuffer.offset(out);
    int columns = (int) out.size();
    int end = Math.min(columns, (task + 1) * COLUMNS_PER_TASK);
    for (int j = task * COLUMNS_PER_TASK; j < end; j++) {
      double sum = accumulate ? to[offset + j] : 0;
      for (int block = 0; block < blocks; block++) {
        sum += from[block * columns + j];
      }
      to[offset + j] = (float) sum;
    }
  }
}
