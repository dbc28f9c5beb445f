package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Adds each row of one tensor to the row of another that an index names. Several may name the same:
 * a task walks all rows, in order, but only some columns of each.
 */
final class Scatter implements CpuThreads.Task {
  /** Two cache lines. */
  static final int COLUMNS_PER_TASK = 32;

  Tensor from;
  Tensor index;
  int perRow;
  Tensor to;

  @Override
  public void run(int task) {
    int[] ia = CpuBuffer.ints(index);
    float[] fa = CpuBuffer.floats(from);
    float[] ta = CpuBuffer.floats(to);
    int rows = from.rows();
    int begin = task * COLUMNS_PER_TASK;
    int n = Math.min(COLUMNS_PER_TASK, from.columns() - begin);
    for (int row = 0; row < rows; row++) {
      int target = ia[CpuBuffer.row(index, row / perRow) + row % perRow];
      int ti = CpuBuffer.row(to, target) + begin;
      CpuArithmetic.add(fa, CpuBuffer.row(from, row) + begin, ta, ti, ta, ti, n);
    }
  }
}
