package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * The mixing of every time and its backward pass, in f64 on one thread: a few thousand weights.
 * {@link #average} leaves a time's windowed row, {@link #normalise} what comes of it.
 */
final class CpuMixing {
  private static final double EPSILON = 1e-10;

  /** The row being worked on: its mean over the window, then v. */
  private double[] row = new double[0];

  private double[] gradient = new double[0];

  private int first;
  private int last;
  private int smallest;
  private int largest;
  private double range;
  private double sum;

  void forward(Tensor weights, int window, Tensor mixing) {
    prepare(weights.columns());
    float[] pa = CpuBuffer.floats(mixing);
    for (int time = 0; time < weights.rows(); time++) {
      average(weights, window, time);
      normalise(weights.columns());
      int pi = CpuBuffer.row(mixing, time);
      for (int j = 0; j < weights.columns(); j++) {
        pa[pi + j] = (float) Math.max(0, row[j] / (sum + EPSILON));
      }
    }
  }

  void backward(Tensor weights, int window, Tensor mixing, Tensor dmixing, Tensor dweights) {
    prepare(weights.columns());
    for (int time = 0; time < weights.rows(); time++) {
      average(weights, window, time);
      normalise(weights.columns());
      differentiate(mixing, dmixing, time);
      spread(dweights);
    }
  }

  private void prepare(int columns) {
    if (row.length < columns) {
      row = new double[columns];
      gradient = new double[columns];
    }
  }

  /** Leaves in {@link #row} the mean of the rows in the window that exist. */
  private void average(Tensor weights, int window, int time) {
    float[] wa = CpuBuffer.floats(weights);
    int columns = weights.columns();
    first = Math.max(0, time - window);
    last = (int) Math.min(weights.rows() - 1L, (long) time + window);
    Arrays.fill(row, 0, columns, 0);
    for (int near = first; near <= last; near++) {
      int wi = CpuBuffer.row(weights, near);
      for (int j = 0; j < columns; j++) {
        row[j] += wa[wi + j];
      }
    }
    for (int j = 0; j < columns; j++) {
      row[j] /= last - first + 1;
    }
  }

  /** Turns {@link #row} from w into v, and notes where its ends were first met. */
  private void normalise(int columns) {
    smallest = 0;
    largest = 0;
    for (int j = 1; j < columns; j++) {
      smallest = row[j] < row[smallest] ? j : smallest;
      largest = row[j] > row[largest] ? j : largest;
    }
    double least = row[smallest];
    range = row[largest] - least + EPSILON;
    sum = 0;
    for (int j = 0; j < columns; j++) {
      row[j] = (row[j] - least) / range;
      sum += row[j];
    }
  }

  /** Leaves in {@link #gradient} that of the windowed row. */
  private void differentiate(Tensor mixing, Tensor dmixing, int time) {
    float[] pa = CpuBuffer.floats(mixing);
    float[] da = CpuBuffer.floats(dmixing);
    int pi = CpuBuffer.row(mixing, time);
    int di = CpuBuffer.row(dmixing, time);
    int columns = mixing.columns();
    double common = 0;
    for (int j = 0; j < columns; j++) {
      // p is recomputed in f64: its own rounding would leave a rest where all dp are equal.
      gradient[j] = pa[pi + j] > 0 ? da[di + j] : 0;
      common += gradient[j] * row[j] / (sum + EPSILON);
    }
    double atSmallest = 0;
    double atLargest = 0;
    for (int j = 0; j < columns; j++) {
      double dv = (gradient[j] - common) / (sum + EPSILON);
      gradient[j] = dv / range;
      atSmallest -= dv * (1 - row[j]) / range;
      atLargest -= dv * row[j] / range;
    }
    gradient[smallest] += atSmallest;
    gradient[largest] += atLargest;
  }

  /** Adds {@link #gradient} to every row that {@link #average} read. */
  private void spread(Tensor dweights) {
    float[] da = CpuBuffer.floats(dweights);
    for (int near = first; near <= last; near++) {
      int di = CpuBuffer.row(dweights, near);
      for (int j = 0; j < dweights.columns(); j++) {
        da[di + j] += (float) (gradient[j] / (last - first + 1));
      }
    }
  }
}
