package io.attune.device.cpu;

import io.attune.device.op.ContrastiveOps;
import io.attune.tensor.Tensor;

/**
 * CLIP's logits and loss. A log-sum-exp is taken from the largest logit, so that none overflows.
 */
final class CpuContrastive implements ContrastiveOps {
  private static final int COLUMNS_PER_TASK = 64;

  private final CpuThreads threads;
  private double[] partial = new double[0];

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
        (ci, li, zi, n) -> CpuElementwise.scale(scale, ca, ci, la, li, n));
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
          (li, ci, zi, n) -> CpuElementwise.scale(scale, dla, li, dca, ci, n));
    }
  }

  @Override
  public void loss(Tensor logits, Tensor rowLse, Tensor columnLse, Tensor loss) {
    int n = square(logits, rowLse, columnLse);
    float[] la = CpuBuffer.floats(logits);
    float[] ra = CpuBuffer.floats(rowLse);
    float[] ca = CpuBuffer.floats(columnLse);
    int perTask = CpuSpans.rowsPerTask(n);
    threads.run(
        CpuSpans.tasks(n, perTask),
        task -> {
          int end = Math.min(n, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int li = CpuBuffer.row(logits, row);
            float max = CpuRows.max(la, li, n);
            double sum = CpuExp.sum(la, li, max, n);
            ra[CpuBuffer.offset(rowLse) + row] = (float) (max + Math.log(sum));
          }
        });
    double[] sums = partial(n);
    threads.run(
        CpuSpans.tasks(n, COLUMNS_PER_TASK),
        task -> {
          int begin = task * COLUMNS_PER_TASK;
          columnLse(logits, la, begin, Math.min(n, begin + COLUMNS_PER_TASK), sums, columnLse, ca);
        });
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
    float weight = 0.5f / n;
    int perTask = CpuSpans.rowsPerTask(n);
    threads.run(
        CpuSpans.tasks(n, perTask),
        task -> {
          int end = Math.min(n, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int li = CpuBuffer.row(logits, row);
            int di = CpuBuffer.row(dlogits, row);
            int ci = CpuBuffer.offset(columnLse);
            float rowSum = ra[CpuBuffer.offset(rowLse) + row];
            for (int j = 0; j < n; j++) {
              double p = Math.exp(la[li + j] - rowSum) + Math.exp(la[li + j] - ca[ci + j]);
              da[di + j] = (float) ((j == row ? p - 2 : p) * weight);
            }
          }
        });
  }

  private static void columnLse(
      Tensor logits, float[] la, int begin, int end, double[] sums, Tensor columnLse, float[] ca) {
    int n = logits.rows();
    int ci = CpuBuffer.offset(columnLse);
    for (int j = begin; j < end; j++) {
      ca[ci + j] = Float.NEGATIVE_INFINITY;
      sums[j] = 0;
    }
    for (int row = 0; row < n; row++) {
      int li = CpuBuffer.row(logits, row);
      for (int j = begin; j < end; j++) {
        ca[ci + j] = Math.max(ca[ci + j], la[li + j]);
      }
    }
    for (int row = 0; row < n; row++) {
      int li = CpuBuffer.row(logits, row);
      for (int j = begin; j < end; j++) {
        sums[j] += Math.exp(la[li + j] - ca[ci + j]);
      }
    }
    for (int j = begin; j < end; j++) {
      ca[ci + j] = (float) (ca[ci + j] + Math.log(sums[j]));
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
