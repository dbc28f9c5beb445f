package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sums, norms, the search for NaN and infinity, column sums and the mean squared error. */
class ReduceContract {
  @TestFactory
  Stream<DynamicTest> sums() {
    return Trials.of(
        "sum and squared norm",
        12,
        trial -> {
          Tensor[] tensors = new Tensor[trial.size("tensors", 1, 5)];
          double squares = 0;
          for (int i = 0; i < tensors.length; i++) {
            tensors[i] = trial.anyInput("x" + i, trial.size("rows", 1, 200), columns(trial));
            double sum = 0;
            double magnitude = 0;
            for (double value : trial.values(tensors[i])) {
              sum += value;
              magnitude += Math.abs(value);
              squares += value * value;
            }
            double actual = trial.device().reduce().sum(tensors[i]);
            assertEquals(sum, actual, 1e-12 * magnitude, trial.parameters());
          }
          double actual = trial.device().reduce().squaredNorm(tensors);
          assertEquals(squares, actual, 1e-12 * squares, trial.parameters());
          assertEquals(0, trial.device().reduce().squaredNorm(new Tensor[0]));
        });
  }

  @TestFactory
  Stream<DynamicTest> nonFinite() {
    return Trials.of(
        "first non-finite",
        16,
        trial -> {
          Tensor[] tensors = new Tensor[trial.size("tensors", 1, 6)];
          int first = -1;
          for (int i = 0; i < tensors.length; i++) {
            int rows = trial.size("rows", 1, 100);
            int columns = columns(trial);
            tensors[i] = trial.anyInput("x" + i, rows, columns);
            if (trial.pick("bad " + i, 0, 0, 1) == 1) {
              first = first < 0 ? i : first;
              double[] values = trial.values(tensors[i]);
              values[trial.size("at", 0, values.length - 1)] =
                  trial.pick("value", Double.NaN, 1.0 / 0, -1.0 / 0);
              trial.device().write(tensors[i], Trial.floats(values), 0);
            }
          }
          assertEquals(first, trial.device().reduce().firstNonFinite(tensors));
        });
  }

  /** The largest floats are finite. */
  @TestFactory
  Stream<DynamicTest> largestFloats() {
    return Trials.of(
        "largest floats are finite",
        1,
        trial -> {
          double[] values = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -0.0};
          Tensor[] tensors = {trial.tensor("x", values, 2, 2)};
          assertEquals(-1, trial.device().reduce().firstNonFinite(tensors));
        });
  }

  @TestFactory
  Stream<DynamicTest> columnSums() {
    return Trials.of(
        "column sums",
        12,
        trial -> {
          int rows = trial.size("rows", 1, 400);
          int columns = columns(trial);
          Tensor x = trial.anyInput("x", rows, columns);
          boolean accumulate = trial.flag("accumulate");
          Tensor out = accumulate ? trial.input("out", columns) : trial.output("out", columns);
          double[] expected = accumulate ? trial.values(out) : new double[columns];
          double[] values = trial.values(x);
          for (int i = 0; i < values.length; i++) {
            expected[i % columns] += values[i];
          }
          trial.device().reduce().columnSums(x, accumulate, out);
          trial.assertClose(out, expected, 1e-6, 1e-7 * (rows + 10));
        });
  }

  /** BF16 tensors are summed as the numbers that they hold. */
  @TestFactory
  Stream<DynamicTest> bfloat16() {
    return Trials.of(
        "reductions of BF16",
        12,
        trial -> {
          if (!Bfloat16.isServed(trial.device())) {
            return;
          }
          ReduceOps reduce = trial.device().reduce();
          int rows = trial.size("rows", 1, 400);
          int columns = columns(trial);
          int before = trial.pick("columns before", 0, 4, 5);
          Tensor whole = Bfloat16.input(trial, "whole", rows, before + columns + before);
          Tensor x = whole.columnRange(before, columns);
          double[] sums = new double[columns];
          double sum = 0;
          double squares = 0;
          double magnitude = 0;
          float[] values = Bfloat16.values(trial.device(), x);
          for (int i = 0; i < values.length; i++) {
            sums[i % columns] += values[i];
            sum += values[i];
            squares += (double) values[i] * values[i];
            magnitude += Math.abs(values[i]);
          }
          Tensor out = trial.output("out", columns);
          reduce.columnSums(x, false, out);
          trial.assertClose(out, sums, 1e-6, 1e-7 * (rows + 10));
          assertEquals(sum, reduce.sum(x), 1e-12 * magnitude, trial.parameters());
          Tensor floats = trial.input("floats", 3, 5);
          for (double value : trial.values(floats)) {
            squares += value * value;
          }
          Tensor[] both = {floats, x};
          assertEquals(squares, reduce.squaredNorm(both), 1e-12 * squares, trial.parameters());
          assertEquals(-1, reduce.firstNonFinite(both));
          Tensor last = x.rowRange(rows - 1, 1).columnRange(columns - 1, 1);
          trial
              .device()
              .elementwise()
              .copy(trial.tensor("bad", new double[] {1.0 / 0}, 1, 1), last);
          assertEquals(1, reduce.firstNonFinite(both));
        });
  }

  /** What a device keeps of a Tensor[] must not outlive a change of the array. */
  @TestFactory
  Stream<DynamicTest> changedArrays() {
    return Trials.of(
        "norms of arrays that change",
        2,
        trial -> {
          ReduceOps reduce = trial.device().reduce();
          Tensor[] tensors = new Tensor[7];
          double[] squares = new double[7];
          for (int i = 0; i < tensors.length; i++) {
            tensors[i] = trial.input("x" + i, i, 300); // the first has no elements
            squares[i] = Trial.dot(trial.values(tensors[i]), trial.values(tensors[i]));
          }
          for (int round = 0; round < 2; round++) {
            for (int i = 0; i < tensors.length; i++) {
              double expected = squares[i] + squares[0];
              double actual = reduce.squaredNorm(new Tensor[] {tensors[0], tensors[i]});
              assertEquals(expected, actual, 1e-12 * expected, "tensor " + i);
            }
          }
          Tensor[] pair = {tensors[2], tensors[3]};
          assertEquals(squares[2] + squares[3], reduce.squaredNorm(pair), 1e-9);
          pair[1] = tensors[4];
          assertEquals(squares[2] + squares[4], reduce.squaredNorm(pair), 1e-9);
        });
  }

  @TestFactory
  Stream<DynamicTest> meanSquaredError() {
    return Trials.of(
        "mean squared error",
        12,
        trial -> {
          int rows = trial.size("rows", 1, 100);
          int columns = columns(trial);
          Tensor prediction = trial.anyInput("prediction", rows, columns);
          Tensor target = trial.anyInput("target", rows, columns);
          Tensor loss = trial.output("loss", 1);
          Tensor gradient = trial.flag("train") ? trial.anyOutput("d", rows, columns) : null;
          double[] p = trial.values(prediction);
          double[] t = trial.values(target);
          trial.device().reduce().meanSquaredError(prediction, target, loss, gradient);
          trial.assertClose(loss, mse(p, t), 1e-6, 0);
          if (gradient != null) {
            double near = 1e-5 / p.length;
            trial.assertGradient(gradient, null, p, () -> mse(p, t), new double[] {1}, 1e-4, near);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> wrongShapes() {
    return Trials.of(
        "reductions of wrong shapes",
        1,
        trial -> {
          Tensor x = trial.input("activations", 3, 5);
          Tensor out = trial.output("biases", 4);
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> trial.device().reduce().columnSums(x, false, out))
                  .getMessage();
          assertTrue(
              message.contains("biases [4]") && message.contains("activations [3, 5]"), message);
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "reductions on any number of threads",
        1,
        trial ->
            Threads.assertSameBits(
                trial,
                device -> {
                  Tensor x = Threads.input(device, 1, 913, 67);
                  Tensor y = Threads.input(device, 2, 913, 67);
                  Tensor sums = Threads.input(device, 3, 67);
                  Tensor loss = Threads.input(device, 4, 1);
                  Tensor scalars = Threads.input(device, 5, 2);
                  ReduceOps reduce = device.reduce();
                  reduce.columnSums(x, true, sums);
                  reduce.meanSquaredError(x, y, loss, null);
                  float sum = (float) reduce.sum(x);
                  float norm = (float) reduce.squaredNorm(new Tensor[] {x, y});
                  device.write(scalars, new float[] {sum, norm}, 0);
                  return new Tensor[] {sums, loss, scalars};
                }));
  }

  private static int columns(Trial trial) {
    return trial.pick("columns", 1, 2, 17, 64, 300, 1025);
  }

  private static double[] mse(double[] prediction, double[] target) {
    double sum = 0;
    for (int i = 0; i < prediction.length; i++) {
      sum += (prediction[i] - target[i]) * (prediction[i] - target[i]);
    }
    return new double[] {sum / prediction.length};
  }
}
