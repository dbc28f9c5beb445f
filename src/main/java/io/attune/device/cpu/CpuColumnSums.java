package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * Sums over rows, the same for any number of threads: blocks of {@link #BLOCK} rows are summed in
 * f32, each into a row of its own, and those rows in f64, in order. The latter is a few
 * microseconds' work of the caller alone, unless there are many rows.
 */
final class CpuColumnSums implements CpuThreads.Task {
  /** Few enough that the blocks of a small batch can be shared out evenly. */
  static final int BLOCK = 32;

  /** Elements of the blocks' rows that are worth a task. */
  private static final int FINISHED_PER_TASK = 2 * CpuSpans.CHUNK;

  /** Columns of a task are a multiple of these: whole cache lines. */
  private static final int COLUMNS = 64;

  private final CpuThreads threads;
  private float[] partial = new float[0];
  private double[] sums = new double[0];
  private int blocks;
  private int columnsPerTask;
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
    int columns = (int) out.size();
    if (sums.length < columns) {
      sums = new double[columns];
    }
    columnsPerTask = Math.max(1, FINISHED_PER_TASK / COLUMNS / Math.max(1, blocks)) * COLUMNS;
    threads.run(CpuSpans.tasks(columns, columnsPerTask), this);
  }

  @Override
  public void run(int task) {
    float[] to = CpuBuffer.floats(out);
    int offset = CpuBuffer.offset(out);
    int columns = (int) out.size();
    int begin = task * columnsPerTask;
    int end = Math.min(columns, begin + columnsPerTask);
    Arrays.fill(sums, begin, end, 0);
    if (accumulate) {
      CpuArithmetic.addTo(sums, begin, to, offset + begin, end - begin);
    }
    for (int block = 0; block < blocks; block++) {
      CpuArithmetic.addTo(sums, begin, partial, block * columns + begin, end - begin);
    }
    for (int j = begin; j < end; j++) {
      to[offset + j] = (float) sums[j];
    }
  }
}
