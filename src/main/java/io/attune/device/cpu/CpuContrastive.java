package io.attune.device.cpu;

import io.attune.device.op.ContrastiveOps;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * CLIP's logits and loss. A log-sum-exp is taken from the largest logit, so that none overflows.
 */
final class CpuContrastive implements ContrastiveOps {
  /** Columns of one task, and floats of its scratch: exponentials are taken so many at a time. */
  private static final int WIDTH = 256;

  private final CpuThreads threads;
  private double[] partial = new double[0];
  private float[] scratch = new float[0];

  CpuContrastive(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void logits(Tensor cosine, Tensor logScale, Tensor logits) {
    Shapes.same(logits, cosine);
    float scale = scale(logScale, cosine);
    float[] ca = CpuBuffer.floats(cosine);
    float[] la = CpuBuffer.floats(logits);
    CpuSpans.run(
        threads,
        cosine,
        logits,
        logits,
        (ci, li, zi, n) -> CpuArithmetic.scale(scale, ca, ci, la, li, n));
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
      float[] dla = CpuBuffer.floats(dlogits);
      float[] dca = CpuBuffer.floats(dcosine);
      CpuSpans.run(
          threads,
          dlogits,
          dcosine,
          dcosine,
          (li, ci, zi, n) -> CpuArithmetic.scale(scale, dla, li, dca, ci, n));
    }
  }

  @Override
  public void loss(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor loss) {
    int n = square(logits, rowLse, columnLse);
    float[] la = CpuBuffer.floats(logits);
    float[] ra = CpuBuffer.floats(rowLse);
    float[] ca = CpuBuffer.floats(columnLse);
    int perTask = CpuSpans.rowsPerTask(n);
    int rowTasks = CpuSpans.tasks(n, perTask);
    float[] exponentials = scratch(Math.max(rowTasks, CpuSpans.tasks(n, WIDTH)));
    threads.run(
        rowTasks,
        task -> {
          int end = Math.min(n, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            ra[CpuBuffer.offset(rowLse) + row] =
                logSumExp(la, CpuBuffer.row(logits, row), n, exponentials, task * WIDTH);
          }
        });
    double[] sums = partial(n);
    threads.run(
        CpuSpans.tasks(n, WIDTH),
        task -> columnLse(logits, la, task, sums, exponentials, columnLse, ca));
    if (loss != null) {
      Shapes.scalar(loss, logits);
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
    float[] la = CpuBuffer.floats(logits);
    float[] ra = CpuBuffer.floats(rowLse);
    float[] ca = CpuBuffer.floats(columnLse);
    float[] da = CpuBuffer.floats(dlogits);
    int perTask = CpuSpans.rowsPerTask(n);
    int tasks = CpuSpans.tasks(n, perTask);
    float[] exponentials = scratch(tasks);
    threads.run(
        tasks,
        task -> {
          int end = Math.min(n, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int di = CpuBuffer.row(dlogits, row);
            float shift = -ra[CpuBuffer.offset(rowLse) + row];
            int li = CpuBuffer.row(logits, row);
            for (int j = 0; j < n; j += WIDTH) {
              int count = Math.min(WIDTH, n - j);
              int ei = task * WIDTH;
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
        });
  }

  private static float logSumExp(float[] l, int li, int n, float[] scratch, int at) {
    float max = CpuRows.max(l, li, n);
    double sum = 0;
    for (int j = 0; j < n; j += WIDTH) {
      int count = Math.min(WIDTH, n - j);
      CpuArithmetic.shift(l, li + j, -max, scratch, at, count);
      CpuMath.exp(scratch, at, scratch, at, count);
      sum += CpuRows.sum(scratch, at, count);
    }
    return (float) (max + Math.log(sum));
  }

  /** Log-sum-exp of the columns of one task, row by row. */
  private static void columnLse(
      Tensor logits,
      float[] la,
      int task,
      double[] sums,
      float[] scratch,
      Tensor columnLse,
      float[] ca) {
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
      CpuArithmetic.difference(1, la, li, ca, ci, scratch, begin, count);
      CpuMath.exp(scratch, begin, scratch, begin, count);
      CpuArithmetic.addTo(sums, begin, scratch, begin, count);
    }
    for (int j = 0; j < count; j++) {
      ca[ci + j] = (float) (ca[ci + j] + Math.log(sums[begin + j]));
    }
  }

  /** The sum of products, in f64, a partial sum for some rows each. */
  private double dot(Tensor x, Tensor y) {
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    int rows = x.rows();
    int width = x.columns();
    int perTask = CpuSpans.rowsPerTask(width);
    int tasks = CpuSpans.tasks(rows, perTask);
    double[] sums = partial(tasks);
    threads.run(
        tasks,
        task -> {
          double sum = 0;
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            sum += CpuRows.dot(xa, CpuBuffer.row(x, row), ya, CpuBuffer.row(y, row), width);
          }
          sums[task] = sum;
        });
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
}
