package io.attune.device.cpu;

import io.attune.device.op.ReduceOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Sums over many elements: one f64 partial sum a task, added in the order of the tasks. */
final class CpuReduce implements ReduceOps {
  private enum Kind {
    SUM,
    SQUARES,
    NON_FINITE
  }

  private final CpuThreads threads;
  private final CpuColumnSums columnSums;
  private final ColumnBlocks columnBlocks = new ColumnBlocks();
  private final SquaredErrors squaredErrors = new SquaredErrors();
  private final Chunks chunkTask = new Chunks();
  private final CpuChunks chunks = new CpuChunks();
  private final Tensor[] one = new Tensor[1];
  private double[] partial = new double[0];

  CpuReduce(CpuThreads threads) {
    this.threads = threads;
    this.columnSums = new CpuColumnSums(threads);
  }

  @Override
  public double sum(Tensor x) {
    one[0] = x;
    double sum = total(one, Kind.SUM);
    one[0] = null;
    return sum;
  }

  @Override
  public double squaredNorm(Tensor[] tensors) {
    return total(tensors, Kind.SQUARES);
  }

  @Override
  public int firstNonFinite(Tensor[] tensors) {
    int tasks = reduce(tensors, Kind.NON_FINITE);
    for (int task = 0; task < tasks; task++) {
      if (partial[task] != 0) {
        return chunks.owner(task);
      }
    }
    return -1;
  }

  @Override
  public void columnSums(Tensor x, boolean accumulate, Tensor out) {
    Shapes.vector(out, x.columns(), "column", x);
    int blocks = CpuColumnSums.blocks(x.rows());
    columnBlocks.x = x;
    columnBlocks.sums = columnSums.partial(blocks, x.columns());
    columnBlocks.runBlocks(threads, x.rows(), CpuColumnSums.BLOCK);
    columnSums.finish(blocks, out, accumulate);
  }

  @Override
  public void meanSquaredError(Tensor prediction, Tensor target, Tensor loss, Tensor dprediction) {
    Shapes.same(target, prediction);
    if (loss != null) {
      Shapes.scalar(loss, prediction);
    }
    if (dprediction != null) {
      Shapes.same(dprediction, prediction);
    }
    int rows = prediction.rows();
    int width = prediction.columns();
    int tasks = CpuSpans.tasks(rows, CpuSpans.rowsPerTask(width));
    double[] sums = partial(tasks);
    squaredErrors.prediction = prediction;
    squaredErrors.target = target;
    squaredErrors.dprediction = dprediction;
    squaredErrors.sums = sums;
    squaredErrors.run(threads, rows, width);
    if (loss != null) {
      double total = 0;
      for (int task = 0; task < tasks; task++) {
        total += sums[task];
      }
      CpuBuffer.floats(loss)[CpuBuffer.offset(loss)] = (float) (total / prediction.size());
    }
  }

  private double total(Tensor[] tensors, Kind kind) {
    int tasks = reduce(tensors, kind);
    double total = 0;
    for (int task = 0; task < tasks; task++) {
      total += partial[task];
    }
    return total;
  }

  /** Leaves one number for each task in {@link #partial}; returns their number. */
  private int reduce(Tensor[] tensors, Kind kind) {
    chunks.begin(tensors.length);
    for (Tensor tensor : tensors) {
      CpuBuffer.floats(tensor);
      chunks.add(tensor);
    }
    int tasks = chunks.total();
    partial(tasks);
    chunkTask.tensors = tensors;
    chunkTask.kind = kind;
    threads.run(tasks, chunkTask);
    chunkTask.tensors = null;
    return tasks;
  }

  private static double reduceChunk(Tensor x, int chunk, Kind kind) {
    float[] xa = CpuBuffer.floats(x);
    if (x.isContiguous()) {
      int begin = chunk * CpuSpans.CHUNK;
      int n = Math.min(CpuSpans.CHUNK, (int) x.size() - begin);
      return reduceSpan(xa, CpuBuffer.offset(x) + begin, n, kind);
    }
    int perTask = CpuSpans.rowsPerTask(x.columns());
    int end = Math.min(x.rows(), (chunk + 1) * perTask);
    double total = 0;
    for (int row = chunk * perTask; row < end; row++) {
      total += reduceSpan(xa, CpuBuffer.row(x, row), x.columns(), kind);
    }
    return total;
  }

  private static double reduceSpan(float[] x, int xi, int n, Kind kind) {
    return switch (kind) {
      case SUM -> CpuRows.sum(x, xi, n);
      case SQUARES -> CpuRows.dot(x, xi, x, xi, n);
      case NON_FINITE -> CpuRows.finite(x, xi, n) ? 0 : 1;
    };
  }

  private double[] partial(int length) {
    if (partial.length < length) {
      partial = new double[length];
    }
    return partial;
  }

  private static final class ColumnBlocks extends RowTask {
    Tensor x;
    float[] sums;

    @Override
    void rows(int block, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      int width = x.columns();
      int at = block * width;
      Arrays.fill(sums, at, at + width, 0);
      for (int row = begin; row < end; row++) {
        CpuArithmetic.add(xa, CpuBuffer.row(x, row), sums, at, sums, at, width);
      }
    }
  }

  /**
   * One number at a time: a loss has so few elements that C2 would come to vector code after
   * hundreds of steps, and until then every vector is boxed.
   */
  private static final class SquaredErrors extends RowTask {
    Tensor prediction;
    Tensor target;
    Tensor dprediction;
    double[] sums;

    @Override
    void rows(int task, int begin, int end) {
      float[] pa = CpuBuffer.floats(prediction);
      float[] ta = CpuBuffer.floats(target);
      float[] da = dprediction == null ? null : CpuBuffer.floats(dprediction);
      float weight = (float) (2.0 / prediction.size());
      int width = prediction.columns();
      double sum = 0;
      for (int row = begin; row < end; row++) {
        int pi = CpuBuffer.row(prediction, row);
        int ti = CpuBuffer.row(target, row);
        sum += squaredDistance(pa, pi, ta, ti, width);
        if (da != null) {
          int di = CpuBuffer.row(dprediction, row);
          for (int i = 0; i < width; i++) {
            da[di + i] = weight * (pa[pi + i] - ta[ti + i]);
          }
        }
      }
      sums[task] = sum;
    }

    /** Two running sums hide half of the latency of an addition. */
    private static double squaredDistance(float[] x, int xi, float[] y, int yi, int n) {
      double even = 0;
      double odd = 0;
      int pairs = n & -2;
      for (int i = 0; i < pairs; i += 2) {
        double a = (double) x[xi + i] - y[yi + i];
        double b = (double) x[xi + i + 1] - y[yi + i + 1];
        even += a * a;
        odd += b * b;
      }
      if (pairs < n) {
        double last = (double) x[xi + pairs] - y[yi + pairs];
        even += last * last;
      }
      return even + odd;
    }
  }

  private final class Chunks implements CpuThreads.Task {
    Tensor[] tensors;
    Kind kind;

    @Override
    public void run(int task) {
      int owner = chunks.owner(task);
      partial[task] = reduceChunk(tensors[owner], chunks.within(task, owner), kind);
    }
  }
}
