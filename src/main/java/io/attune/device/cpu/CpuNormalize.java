package io.attune.device.cpu;

import io.attune.device.op.NormalizeOps;
import io.attune.tensor.Tensor;

/** Unit rows and softmax, a task for some rows; sums in f64. */
final class CpuNormalize implements NormalizeOps {
  private final CpuThreads threads;

  CpuNormalize(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void l2(Tensor x, Tensor y, Tensor norm) {
    Shapes.same(y, x);
    if (norm != null) {
      Shapes.vector(norm, x.rows(), "row", x);
    }
    int rows = x.rows();
    int width = x.columns();
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    float[] na = norm == null ? null : CpuBuffer.floats(norm);
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int xi = CpuBuffer.row(x, row);
            double length = Math.sqrt(CpuRows.dot(xa, xi, xa, xi, width));
            CpuArithmetic.scale((float) (1 / length), xa, xi, ya, CpuBuffer.row(y, row), width);
            if (na != null) {
              na[CpuBuffer.offset(norm) + row] = (float) length;
            }
          }
        });
  }

  @Override
  public void l2Backward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
    Shapes.same(y, dy);
    Shapes.same(dx, dy);
    Shapes.vector(norm, dy.rows(), "row", dy);
    int rows = dy.rows();
    int width = dy.columns();
    float[] dya = CpuBuffer.floats(dy);
    float[] ya = CpuBuffer.floats(y);
    float[] na = CpuBuffer.floats(norm);
    float[] dxa = CpuBuffer.floats(dx);
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int dyi = CpuBuffer.row(dy, row);
            int yi = CpuBuffer.row(y, row);
            double inverse = 1.0 / na[CpuBuffer.offset(norm) + row];
            float along = (float) (-inverse * CpuRows.dot(dya, dyi, ya, yi, width));
            int dxi = CpuBuffer.row(dx, row);
            CpuArithmetic.combine((float) inverse, dya, dyi, along, ya, yi, dxa, dxi, width);
          }
        });
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    Shapes.same(y, x);
    int rows = x.rows();
    int width = x.columns();
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int xi = CpuBuffer.row(x, row);
            int yi = CpuBuffer.row(y, row);
            CpuArithmetic.shift(xa, xi, -CpuRows.max(xa, xi, width), ya, yi, width);
            CpuMath.exp(ya, yi, ya, yi, width);
            double sum = CpuRows.sum(ya, yi, width);
            CpuArithmetic.scale((float) (1 / sum), ya, yi, ya, yi, width);
          }
        });
  }

  @Override
  public void softmaxBackward(Tensor dy, Tensor y, Tensor dx) {
    Shapes.same(y, dy);
    Shapes.same(dx, dy);
    int rows = dy.rows();
    int width = dy.columns();
    float[] dya = CpuBuffer.floats(dy);
    float[] ya = CpuBuffer.floats(y);
    float[] dxa = CpuBuffer.floats(dx);
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int dyi = CpuBuffer.row(dy, row);
            int yi = CpuBuffer.row(y, row);
            float mean = (float) CpuRows.dot(dya, dyi, ya, yi, width);
            int dxi = CpuBuffer.row(dx, row);
            CpuArithmetic.weigh(dya, dyi, mean, ya, yi, dxa, dxi, width);
          }
        });
  }
}
