package io.attune.device.cpu;

import io.attune.device.op.DoraOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** Weight-decomposed adapters, a task for some rows; norms and products in f64. */
final class CpuDora implements DoraOps {
  private final CpuThreads threads;
  private final Compose compose = new Compose();
  private final ComposeBackward composeBackward = new ComposeBackward();

  CpuDora(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void compose(Tensor u, Tensor magnitude, float epsilon, Tensor w, Tensor norm) {
    int rows = u.rows();
    Shapes.same(w, u);
    Shapes.vector(magnitude, rows, "row", u);
    if (norm != null) {
      Shapes.vector(norm, rows, "row", u);
    }
    compose.u = u;
    compose.magnitude = magnitude;
    compose.epsilon = epsilon;
    compose.w = w;
    compose.norm = norm;
    compose.run(threads, rows, u.columns());
  }

  @Override
  public void composeBackward(
      Tensor dw,
      Tensor u,
      Tensor magnitude,
      Tensor norm,
      float epsilon,
      boolean constantNorm,
      Tensor dmagnitude,
      Tensor du) {
    int rows = u.rows();
    Shapes.same(dw, u);
    Shapes.vector(magnitude, rows, "row", u);
    Shapes.vector(norm, rows, "row", u);
    if (dmagnitude != null) {
      Shapes.vector(dmagnitude, rows, "row", u);
    }
    if (du != null) {
      Shapes.same(du, u);
    }
    composeBackward.dw = dw;
    composeBackward.u = u;
    composeBackward.magnitude = magnitude;
    composeBackward.norm = norm;
    composeBackward.epsilon = epsilon;
    composeBackward.constantNorm = constantNorm;
    composeBackward.dmagnitude = dmagnitude;
    composeBackward.du = du;
    composeBackward.run(threads, rows, u.columns());
  }

  private static final class Compose extends RowTask {
    Tensor u;
    Tensor magnitude;
    float epsilon;
    Tensor w;
    Tensor norm;

    @Override
    void rows(int task, int begin, int end) {
      float[] ua = CpuBuffer.floats(u);
      float[] ma = CpuBuffer.floats(magnitude);
      float[] wa = CpuBuffer.floats(w);
      float[] na = norm == null ? null : CpuBuffer.floats(norm);
      int width = u.columns();
      for (int row = begin; row < end; row++) {
        int ui = CpuBuffer.row(u, row);
        double length = Math.sqrt(CpuRows.dot(ua, ui, ua, ui, width));
        float scale = (float) (ma[CpuBuffer.offset(magnitude) + row] / (length + epsilon));
        CpuArithmetic.scale(scale, ua, ui, wa, CpuBuffer.row(w, row), width);
        if (na != null) {
          na[CpuBuffer.offset(norm) + row] = (float) length;
        }
      }
    }
  }

  private static final class ComposeBackward extends RowTask {
    Tensor dw;
    Tensor u;
    Tensor magnitude;
    Tensor norm;
    float epsilon;
    boolean constantNorm;
    Tensor dmagnitude;
    Tensor du;

    @Override
    void rows(int task, int begin, int end) {
      float[] dwa = CpuBuffer.floats(dw);
      float[] ua = CpuBuffer.floats(u);
      float[] ma = CpuBuffer.floats(magnitude);
      float[] na = CpuBuffer.floats(norm);
      float[] dma = dmagnitude == null ? null : CpuBuffer.floats(dmagnitude);
      float[] dua = du == null ? null : CpuBuffer.floats(du);
      int width = u.columns();
      for (int row = begin; row < end; row++) {
        int dwi = CpuBuffer.row(dw, row);
        int ui = CpuBuffer.row(u, row);
        double length = na[CpuBuffer.offset(norm) + row];
        double q = length + epsilon;
        double g = CpuRows.dot(dwa, dwi, ua, ui, width);
        if (dua != null) {
          double magnitudeOfRow = ma[CpuBuffer.offset(magnitude) + row];
          float along = (float) (magnitudeOfRow / q);
          // A zero row has no direction to turn: its norm's gradient counts as zero.
          float across =
              constantNorm || length == 0 ? 0 : (float) (magnitudeOfRow * g / (length * q * q));
          int dui = CpuBuffer.row(du, row);
          CpuArithmetic.combine(along, dwa, dwi, -across, ua, ui, dua, dui, width);
        }
        if (dma != null) {
          dma[CpuBuffer.offset(dmagnitude) + row] += (float) (g / q);
        }
      }
    }
  }
}
