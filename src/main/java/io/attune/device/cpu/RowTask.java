package io.attune.device.cpu;

/**
 * Work on the rows of tensors, some rows a task. An operation keeps one such object and sets its
 * operands before every run: a closure would be garbage in every training step. What was set last
 * stays set; a closed tensor has let go of its memory by itself.
 */
abstract class RowTask implements CpuThreads.Task {
  private int rows;
  private int perTask;

  /** Runs rows 0..rows-1, as many to a task as make about {@link CpuSpans#CHUNK} elements. */
  final void run(CpuThreads threads, int rows, int columns) {
    runBlocks(threads, rows, CpuSpans.rowsPerTask(columns));
  }

  /** Runs rows 0..rows-1, {@code perTask} to a task. */
  final void runBlocks(CpuThreads threads, int rows, int perTask) {
    this.rows = rows;
    this.perTask = perTask;
    threads.run(CpuSpans.tasks(rows, perTask), this);
  }

  @Override
  public final void run(int task) {
    rows(task, task * perTask, Math.min(rows, (task + 1) * perTask));
  }

  /** Works on rows begin..end-1; {@code task} numbers where a sum of theirs may be left. */
  abstract void rows(int task, int begin, int end);
}
