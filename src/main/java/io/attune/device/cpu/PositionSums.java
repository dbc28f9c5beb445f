package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Gradients of positions and class token: sums over the sequences, in f64, a task a position. */
final class PositionSums implements CpuThreads.Task {
  Tensor dx;
  int tokens;
  Tensor dpositions;
  Tensor dclassToken;
  private double[] sums = new double[0];

  /** Makes room for the sums of all positions. */
  void reserve(int length) {
    if (sums.length < length) {
      sums = new double[length];
    }
  }

  @Override
  public void run(int token) {
    float[] dxa = CpuBuffer.floats(dx);
    int sequences = dx.rows() / tokens;
    int width = dx.columns();
    int at = token * width;
    Arrays.fill(sums, at, at + width, 0);
    for (int sequence = 0; sequence < sequences; sequence++) {
      CpuArithmetic.addTo(sums, at, dxa, CpuBuffer.row(dx, sequence * tokens + token), width);
    }
    if (dpositions != null) {
      addTo(dpositions, CpuBuffer.row(dpositions, token), at, width);
    }
    if (dclassToken != null && token == 0) {
      addTo(dclassToken, CpuBuffer.offset(dclassToken), at, width);
    }
  }

  private void addTo(Tensor y, int yi, int at, int n) {
    float[] ya = CpuBuffer.floats(y);
    for (int i = 0; i < n; i++) {
      ya[yi + i] += (float) sums[at + i];
    }
  }
}
