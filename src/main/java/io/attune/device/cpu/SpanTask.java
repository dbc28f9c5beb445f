package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * Element by element work on up to three equally shaped tensors, cut into tasks of about {@link
 * CpuSpans#CHUNK} elements: runs of contiguous tensors, whole rows of those with gaps. The cut
 * depends on shapes and strides alone. Kept and set as a {@link RowTask} is.
 */
abstract class SpanTask implements CpuThreads.Task {
  private Tensor x;
  private Tensor y;
  private Tensor z;
  private boolean contiguous;
  private int perTask;

  /** Runs on all spans of x, y and z, which may be one tensor thrice. */
  final void run(CpuThreads threads, Tensor x, Tensor y, Tensor z) {
    this.x = x;
    this.y = y;
    this.z = z;
    contiguous = x.isContiguous() && y.isContiguous() && z.isContiguous();
    perTask = contiguous ? CpuSpans.CHUNK : CpuSpans.rowsPerTask(x.columns());
    threads.run(CpuSpans.tasks(contiguous ? (int) x.size() : x.rows(), perTask), this);
  }

  @Override
  public final void run(int task) {
    int begin = task * perTask;
    if (contiguous) {
      int n = Math.min(perTask, (int) x.size() - begin);
      int xi = CpuBuffer.offset(x) + begin;
      int yi = CpuBuffer.offset(y) + begin;
      int zi = CpuBuffer.offset(z) + begin;
      span(x, xi, y, yi, z, zi, n);
      return;
    }
    int end = Math.min(x.rows(), begin + perTask);
    for (int row = begin; row < end; row++) {
      int xi = CpuBuffer.row(x, row);
      int yi = CpuBuffer.row(y, row);
      int zi = CpuBuffer.row(z, row);
      span(x, xi, y, yi, z, zi, x.columns());
    }
  }

  /** Works on n elements that start at these indices of the three tensors' buffers. */
  abstract void span(Tensor x, int xi, Tensor y, int yi, Tensor z, int zi, int n);
}
