package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/** A BF16 matrix inside a wider one of NaN: some columns on its left, 16 on its right. */
final class Bfloat16Rows {
  private static final int AFTER = 16;

  private final Trial trial;

  /** What an operation gets. */
  final Tensor view;

  private final Tensor whole;
  private final int before;

  Bfloat16Rows(Trial trial, String name, int rows, int columns, int before) {
    this.trial = trial;
    this.before = before;
    whole = Bfloat16.output(trial, name, rows, before + columns + AFTER);
    view = whole.columnRange(before, columns);
  }

  /** Fills it with normal numbers times {@code factor}. */
  Bfloat16Rows random(double factor) {
    double[] values = trial.normals((int) view.size());
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    write(values);
    return this;
  }

  /** Fills it with these, rounded. */
  void write(double[] values) {
    Tensor source = trial.tensor("source", values, view.rows(), view.columns());
    trial.device().elementwise().copy(source, view);
  }

  /** Fills it with NaN. */
  void poison() {
    double[] nan = new double[(int) view.size()];
    Arrays.fill(nan, Double.NaN);
    write(nan);
  }

  float[] values() {
    return Bfloat16.values(trial.device(), view);
  }

  double[] doubles() {
    return Trial.doubles(values());
  }

  void assertGapsUntouched() {
    float[] all = Bfloat16.values(trial.device(), whole);
    for (int i = 0; i < all.length; i++) {
      int column = i % whole.columns() - before;
      assertTrue(
          (column >= 0 && column < view.columns()) || Float.isNaN(all[i]),
          () -> "a gap of " + view + " was written");
    }
  }
}
