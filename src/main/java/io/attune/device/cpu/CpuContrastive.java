package io.attune.device.cpu;

import io.attune.device.op.ContrastiveOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * CLIP's logits and loss. A log-sum-exp is taken from the largest logit, so that none overflows.
 */
final class CpuContrastive implements ContrastiveOps {
  /** Columns of one task, and floats of its scratch: exponentials are taken so many at a time. */
  private static final int WIDTH = 256;

  private final CpuThreads threads;
  private final ScaleTask scaling = new ScaleTask();
  private final RowLse rowLseTask = new RowLse();
  private final ColumnLse columnLseTask = new ColumnLse();
  private final LossBackward lossBackwardTask = new LossBackward();
  private final Dot dotTask = new Dot();
  private double[] partial = new double[0];
  private float[] scratch = new float[0];

  CpuContrastive(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void logits(Tensor cosine, Tensor logScale, Tensor logits) {
    Shapes.same(logits, cosine);
    scaling.run(threads, scale(logScale, cosine), cosine, logits);
  }

  @Override
  public void logitsBackward(
      Tensor dlogits, Tensor logits, Tensor logScale, Tensor dcosine, Tensor dlogScale) {
    Shapes.same(logits, dlogits);
    float scale = scale(logScale, logits);
    if (dlogScale != null) {
      Shapes.scalar(dlogScale, dlogits);
      CpuBuffer.floats(dlogScale)[CpuBuffer.offset(dlogScale)] += (float) dot(dlogits, logits);
    }
    if (dcosine != null) {
      Shapes.same(dcosine, dlogits);
      scaling.run(threads, scale, dlogits, dcosine);
    }
  }

  @Override
  public void loss(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor loss) {
    int n = square(logits, rowLse, columnLse);
    int rowTasks = CpuSpans.tasks(n, CpuSpans.rowsPerTask(n));
    int columnTasks = CpuSpans.tasks(n, WIDTH);
    float[] exponentials = scratch(Math.max(rowTasks, columnTasks));
    rowLseTask.logits = logits;
    rowLseTask.rowLse = rowLse;
    rowLseTask.exponentials = exponentials;
    rowLseTask.run(threads, n, n);
    columnLseTask.logits = logits;
    columnLseTask.columnLse = columnLse;
    columnLseTask.exponentials = exponentials;
    columnLseTask.sums = partial(n);
    threads.run(columnTasks, columnLseTask);
    if (loss != null) {
      Shapes.scalar(loss, logits);
      float[] la = CpuBuffer.floats(logits);
      float[] ra = CpuBuffer.floats(rowLse);
      float[] ca = CpuBuffer.floats(columnLse);
      double total = 0;
      for (int i = 0; i < n; i++) {
        double diagonal = la[CpuBuffer.row(logits, i) + i];
        total += ra[CpuBuffer.offset(rowLse) + i] - diagonal;
        total += ca[CpuBuffer.offset(columnLse) + i] - diagonal;
      }
      CpuBuffer.floats(loss)[CpuBuffer.offset(loss)] = (float) (total / (2.0 * n));
    }
  }

  @Override
  public void lossBackward(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor dlogits) {
    int n = square(logits, rowLse, columnLse);
    Shapes.same(dlogits, logits);
    lossBackwardTask.logits = logits;
    lossBackwardTask.rowLse = rowLse;
    lossBackwardTask.columnLse = columnLse;
    lossBackwardTask.dlogits = dlogits;
    lossBackwardTask.exponentials = scratch(CpuSpans.tasks(n, CpuSpans.rowsPerTask(n)));
    lossBackwardTask.run(threads, n, n);
  }

  /** The sum of products, in f64, a partial sum for some rows each. */
  private double dot(Tensor x, Tensor y) {
    int tasks = CpuSpans.tasks(x.rows(), CpuSpans.rowsPerTask(x.columns()));
    double[] sums = partial(tasks);
    dotTask.x = x;
    dotTask.y = y;
    dotTask.sums = sums;
    dotTask.run(threads, x.rows(), x.columns());
    double total = 0;
    for (int task = 0; task < tasks; task++) {
      total += sums[task];
    }
    return total;
  }

  /** {@link #WIDTH} floats for each task. */
  private float[] scratch(int tasks) {
    int length = Math.multiplyExact(tasks, WIDTH);
    if (scratch.length < length) {
      scratch = new float[length];
    }
    return scratch;
  }

  private double[] partial(int length) {
    if (partial.length < length) {
      partial = new double[length];
    }
    return partial;
  }

  private static float scale(Tensor logScale, Tensor logits) {
    Shapes.scalar(logScale, logits);
    return (float) Math.exp(CpuBuffer.floats(logScale)[CpuBuffer.offset(logScale)]);
  }

  private static int square(Tensor logits, Tensor rowLse, Tensor columnLse) {
    int n = logits.columns();
    if (logits.rows() != n || n == 0) {
      throw new IllegalArgumentException(logits + " is not square: every image needs its text");
    }
    Shapes.vector(rowLse, n, "row", logits);
    Shapes.vector(columnLse, n, "column", logits);
    return n;
  }

  private static final class RowLse extends RowTask {
    Tensor logits;
    Tensor rowLse;
    float[] exponentials;

    @Override
    void rows(int task, int begin, int end) {
      float[] la = CpuBuffer.floats(logits);
      float[] ra = CpuBuffer.floats(rowLse);
      for (int row = begin; row < end; row++) {
        float lse = logSumExp(la, CpuBuffer.row(logits, row), logits.columns(), task * WIDTH);
        ra[CpuBuffer.offset(rowLse) + row] = lse;
      }
    }

    private float logSumExp(float[] l, int li, int n, int at) {
      float max = CpuRows.max(l, li, n);
      double sum = 0;
      for (int j = 0; j < n; j += WIDTH) {
        int count = Math.min(WIDTH, n - j);
        CpuArithmetic.shift(l, li + j, -max, exponentials, at, count);
        CpuMath.exp(exponentials, at, exponentials, at, count);
        sum += CpuRows.sum(exponentials, at, count);
      }
      return (float) (max + Math.log(sum));
    }
  }

  /** A task for some columns, which it walks row by row. */
  private static final class ColumnLse implements CpuThreads.Task {
    Tensor logits;
    Tensor columnLse;
    float[] exponentials;
    double[] sums;

    @Override
    public void run(int task) {
      float[] la = CpuBuffer.floats(logits);
      float[] ca = CpuBuffer.floats(columnLse);
      int begin = task * WIDTH;
      int count = Math.min(WIDTH, logits.columns() - begin);
      int ci = CpuBuffer.offset(columnLse) + begin;
      Arrays.fill(ca, ci, ci + count, Float.NEGATIVE_INFINITY);
      Arrays.fill(sums, begin, begin + count, 0);
      for (int row = 0; row < logits.rows(); row++) {
        CpuArithmetic.max(ca, ci, la, CpuBuffer.row(logits, row) + begin, count);
      }
      for (int row = 0; row < logits.rows(); row++) {
        int li = CpuBuffer.row(logits, row) + begin;
        CpuArithmetic.difference(1, la, li, ca, ci, exponentials, begin, count);
        CpuMath.exp(exponentials, begin, exponentials, begin, count);
        CpuArithmetic.addTo(sums, begin, exponentials, begin, count);
      }
      for (int j = 0; j < count; j++) {
        ca[ci + j] = (float) (ca[ci + j] + Math.log(sums[begin + j]));
      }
    }
  }

  private static final class LossBackward extends RowTask {
    Tensor logits;
    Tensor rowLse;
    Tensor columnLse;
    Tensor dlogits;
    float[] exponentials;

    @Override
    void rows(int task, int begin, int end) {
      float[] la = CpuBuffer.floats(logits);
      float[] ra = CpuBuffer.floats(rowLse);
      float[] ca = CpuBuffer.floats(columnLse);
      float[] da = CpuBuffer.floats(dlogits);
      int n = logits.columns();
      int ei = task * WIDTH;
      for (int row = begin; row < end; row++) {
        int di = CpuBuffer.row(dlogits, row);
        float shift = -ra[CpuBuffer.offset(rowLse) + row];
        int li = CpuBuffer.row(logits, row);
        for (int j = 0; j < n; j += WIDTH) {
          int count = Math.min(WIDTH, n - j);
          int ci = CpuBuffer.offset(columnLse) + j;
          CpuArithmetic.difference(1, la, li + j, ca, ci, exponentials, ei, count);
          CpuMath.exp(exponentials, ei, exponentials, ei, count);
          CpuArithmetic.shift(la, li + j, shift, da, di + j, count);
          CpuMath.exp(da, di + j, da, di + j, count);
          CpuArithmetic.add(da, di + j, exponentials, ei, da, di + j, count);
        }
        da[di + row] -= 2;
        CpuArithmetic.scale(0.5f / n, da, di, da, di, n);
      }
    }
  }

  private static final class Dot extends RowTask {
    Tensor x;
    Tensor y;
    double[] sums;

    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      float[] ya = CpuBuffer.floats(y);
      double sum = 0;
      for (int row = begin; row < end; row++) {
        sum += CpuRows.dot(xa, CpuBuffer.row(x, row), ya, CpuBuffer.row(y, row), x.columns());
      }
      sums[task] = sum;
    }
  }
}
