package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Numbers the spans of many tensors in one sequence of tasks, so that one parallel call serves
 * hundreds of parameters. A span is a run of {@link CpuSpans#CHUNK} elements, or some whole rows of
 * a tensor with gaps.
 */
final class CpuChunks {
  private int[] starts = new int[0];
  private int tensors;

  /** Lays out the tasks of these tensors. */
  void begin(int count) {
    if (starts.length < count + 1) {
      starts = new int[count + 1];
    }
    tensors = 0;
  }

  void add(Tensor tensor) {
    starts[tensors + 1] = Math.addExact(starts[tensors], chunks(tensor));
    tensors++;
  }

  int total() {
    return starts[tensors];
  }

  /** The tensor that a task belongs to. */
  int owner(int task) {
    int low = 0;
    int high = tensors - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (starts[middle] <= task) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Number of a task within its tensor. */
  int within(int task, int owner) {
    return task - starts[owner];
  }

  private static int chunks(Tensor tensor) {
    return tensor.isContiguous()
        ? CpuSpans.tasks((int) tensor.size(), CpuSpans.CHUNK)
        : CpuSpans.tasks(tensor.rows(), CpuSpans.rowsPerTask(tensor.columns()));
  }
}
