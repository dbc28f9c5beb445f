package io.attune.device.cpu;

import io.attune.device.op.NormalizeOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** Unit rows and softmax, a task for some rows. */
final class CpuNormalize implements NormalizeOps {
  private final CpuThreads threads;
  private final L2 l2 = new L2();
  private final L2Backward l2Backward = new L2Backward();
  private final Softmax softmax = new Softmax();
  private final SoftmaxBackward softmaxBackward = new SoftmaxBackward();

  CpuNormalize(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void l2(Tensor x, Tensor y, Tensor norm) {
    Shapes.same(y, x);
    if (norm != null) {
      Shapes.vector(norm, x.rows(), "row", x);
    }
    l2.x = x;
    l2.y = y;
    l2.norm = norm;
    l2.run(threads, x.rows(), x.columns());
  }

  @Override
  public void l2Backward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
    Shapes.same(y, dy);
    Shapes.same(dx, dy);
    Shapes.vector(norm, dy.rows(), "row", dy);
    l2Backward.dy = dy;
    l2Backward.y = y;
    l2Backward.norm = norm;
    l2Backward.dx = dx;
    l2Backward.run(threads, dy.rows(), dy.columns());
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    Shapes.same(y, x);
    softmax.x = x;
    softmax.y = y;
    softmax.run(threads, x.rows(), x.columns());
  }

  @Override
  public void softmaxBackward(Tensor dy, Tensor y, Tensor dx) {
    Shapes.same(y, dy);
    Shapes.same(dx, dy);
    softmaxBackward.dy = dy;
    softmaxBackward.y = y;
    softmaxBackward.dx = dx;
    softmaxBackward.run(threads, dy.rows(), dy.columns());
  }

  private static final class L2 extends RowTask {
    Tensor x;
    Tensor y;
    Tensor norm;

    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      float[] ya = CpuBuffer.floats(y);
      float[] na = norm == null ? null : CpuBuffer.floats(norm);
      int width = x.columns();
      for (int row = begin; row < end; row++) {
        int xi = CpuBuffer.row(x, row);
        double length = Math.sqrt(CpuRows.dot(xa, xi, xa, xi, width));
        CpuArithmetic.scale((float) (1 / length), xa, xi, ya, CpuBuffer.row(y, row), width);
        if (na != null) {
          na[CpuBuffer.offset(norm) + row] = (float) length;
        }
      }
    }
  }

  private static final class L2Backward extends RowTask {
    Tensor dy;
    Tensor y;
    Tensor norm;
    Tensor dx;

    @Override
    void rows(int task, int begin, int end) {
      float[] dya = CpuBuffer.floats(dy);
      float[] ya = CpuBuffer.floats(y);
      float[] na = CpuBuffer.floats(norm);
      float[] dxa = CpuBuffer.floats(dx);
      int width = dy.columns();
      for (int row = begin; row < end; row++) {
        int dyi = CpuBuffer.row(dy, row);
        int yi = CpuBuffer.row(y, row);
        double inverse = 1.0 / na[CpuBuffer.offset(norm) + row];
        float along = (float) (-inverse * CpuRows.dot(dya, dyi, ya, yi, width));
        int dxi = CpuBuffer.row(dx, row);
        CpuArithmetic.combine((float) inverse, dya, dyi, along, ya, yi, dxa, dxi, width);
      }
    }
  }

  private static final class Softmax extends RowTask {
    Tensor x;
    Tensor y;

    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      float[] ya = CpuBuffer.floats(y);
      int width = x.columns();
      for (int row = begin; row < end; row++) {
        int xi = CpuBuffer.row(x, row);
        int yi = CpuBuffer.row(y, row);
        if (VectorWidth.BITS > 0) {
          VectorRowSoftmax.forward(xa, xi, ya, yi, width);
          continue;
        }
        CpuArithmetic.shift(xa, xi, -CpuRows.max(xa, xi, width), ya, yi, width);
        CpuMath.exp(ya, yi, ya, yi, width);
        double sum = CpuRows.sum(ya, yi, width);
        CpuArithmetic.scale((float) (1 / sum), ya, yi, ya, yi, width);
      }
    }
  }

  private static final class SoftmaxBackward extends RowTask {
    Tensor dy;
    Tensor y;
    Tensor dx;

    @Override
    void rows(int task, int begin, int end) {
      float[] dya = CpuBuffer.floats(dy);
      float[] ya = CpuBuffer.floats(y);
      float[] dxa = CpuBuffer.floats(dx);
      int width = dy.columns();
      if (VectorWidth.BITS > 0) {
        VectorRowSoftmax.backward(
            dya,
            CpuBuffer.row(dy, begin),
            CpuBuffer.stride(dy),
            ya,
            CpuBuffer.row(y, begin),
            CpuBuffer.stride(y),
            dxa,
            CpuBuffer.row(dx, begin),
            CpuBuffer.stride(dx),
            end - begin,
            width);
        return;
      }
      for (int row = begin; row < end; row++) {
        int dyi = CpuBuffer.row(dy, row);
        int yi = CpuBuffer.row(y, row);
        int dxi = CpuBuffer.row(dx, row);
        float mean = CpuRows.shortDot(dya, dyi, ya, yi, width);
        for (int i = 0; i < width; i++) {
          dxa[dxi + i] = (dya[dyi + i] - mean) * ya[yi + i];
        }
      }
    }
  }
}
