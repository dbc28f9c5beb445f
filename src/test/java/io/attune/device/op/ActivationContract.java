package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** {@code y = f(x)} and {@code dx = dy f'(x)}, in place too. */
class ActivationContract {
  @TestFactory
  Stream<DynamicTest> forward() {
    return Trials.of(
        "activation",
        16,
        trial -> {
          Activation activation = trial.pick("activation", Activation.values());
          Tensor x = wide(trial);
          double[] expected = apply(activation, trial.values(x));
          Tensor y = trial.flag("in place") ? x : trial.anyOutput("y", x.rows(), x.columns());
          trial.device().activation().forward(activation, x, y);
          trial.assertClose(y, expected, 1e-6, 1e-7);
        });
  }

  @TestFactory
  Stream<DynamicTest> backward() {
    return Trials.of(
        "activation backward",
        16,
        trial -> {
          Activation activation = trial.pick("activation", Activation.values());
          Tensor x = wide(trial);
          Tensor dy = trial.anyInput("dy", x.rows(), x.columns());
          double[] doutput = trial.values(dy);
          Tensor dx = trial.flag("in place") ? dy : trial.anyOutput("dx", x.rows(), x.columns());
          trial.device().activation().backward(activation, x, dy, dx);
          double[] xs = trial.values(x);
          trial.assertGradient(dx, null, xs, () -> apply(activation, xs), doutput, 2e-6, 1e-6);
        });
  }

  /** Far out, y is x or 0 and the derivative 1 or 0; nothing overflows on the way. */
  @TestFactory
  Stream<DynamicTest> extremes() {
    return Trials.of(
        "activation far out",
        2,
        trial -> {
          double[] values = {-1e30, -1000, -60, 0, 60, 1000, 1e30};
          Activation activation = trial.pick("activation", Activation.values());
          Tensor x = trial.tensor("x", values, 1, values.length);
          Tensor y = trial.output("y", 1, values.length);
          trial.device().activation().forward(activation, x, y);
          trial.assertClose(y, new double[] {0, 0, 0, 0, 60, 1000, 1e30}, 1e-6, 1e-20);
          Tensor dy = trial.tensor("dy", new double[] {1, 1, 1, 1, 1, 1, 1}, 1, values.length);
          trial.device().activation().backward(activation, x, dy, y);
          trial.assertClose(y, new double[] {0, 0, 0, 0.5, 1, 1, 1}, 1e-6, 1e-20);
        });
  }

  /** Infinity stays, and what is no number stays none. */
  @TestFactory
  Stream<DynamicTest> infinity() {
    return Trials.of(
        "activation of infinity",
        2,
        trial -> {
          Activation activation = trial.pick("activation", Activation.values());
          // Enough for whole vectors and for what is left beside them.
          double[] values = new double[67];
          for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? Double.POSITIVE_INFINITY : i % 3 == 1 ? Double.NaN : 1;
          }
          Tensor x = trial.tensor("x", values, 1, values.length);
          Tensor y = trial.output("y", 1, values.length);
          trial.device().activation().forward(activation, x, y);
          double[] found = trial.values(y);
          for (int i = 0; i < found.length; i++) {
            double expected = i % 3 == 2 ? References.activate(activation, 1) : values[i];
            assertEquals(expected, found[i], 1e-6, activation + " of " + values[i]);
          }
        });
  }

  /** BF16 results are the float ones, rounded. */
  @TestFactory
  Stream<DynamicTest> bfloat16() {
    return Trials.of(
        "activation of BF16",
        12,
        trial -> {
          Device device = trial.device();
          Bfloat16.assumeServed(device);
          Activation activation = trial.pick("activation", Activation.values());
          int rows = trial.size("rows", 1, 60);
          int columns = trial.pick("columns", 1, 3, 17, 64, 304, 1025);
          Tensor x = Bfloat16.any(trial, "x", true, rows, columns);
          device.elementwise().axpby(2, x, 1, x);
          double[] xs = Trial.doubles(Bfloat16.values(device, x));
          Tensor dy = Bfloat16.any(trial, "dy", true, rows, columns);
          double[] expected = apply(activation, xs);
          double[] gradient = Trial.doubles(Bfloat16.values(device, dy));
          for (int i = 0; i < xs.length; i++) {
            double step = 1e-5 * Math.max(1, Math.abs(xs[i]));
            double up = References.activate(activation, xs[i] + step);
            double down = References.activate(activation, xs[i] - step);
            gradient[i] *= (up - down) / (2 * step);
          }
          Tensor dx =
              trial.flag("dx in place") ? dy : Bfloat16.any(trial, "dx", false, rows, columns);
          device.activation().backward(activation, x, dy, dx);
          Bfloat16.assertRounded(device, dx, gradient, 2e-6, 1e-6);
          Tensor y = trial.flag("in place") ? x : Bfloat16.any(trial, "y", false, rows, columns);
          device.activation().forward(activation, x, y);
          Bfloat16.assertRounded(device, y, expected, 1e-6, 1e-7);
          Tensor floats = trial.output("floats", rows, columns);
          assertThrows(
              IllegalArgumentException.class,
              () -> device.activation().forward(activation, y, floats));
        });
  }

  /** More rows with gaps than a grid is high. */
  @TestFactory
  Stream<DynamicTest> manyRows() {
    return Trials.of(
        "activation of many rows",
        1,
        trial -> {
          Tensor x = trial.input("x", 65_600, 1);
          Tensor y = trial.gappedOutput("y", 65_600, 1);
          double[] expected = apply(Activation.QUICK_GELU, trial.values(x));
          trial.device().activation().forward(Activation.QUICK_GELU, x, y);
          trial.assertClose(y, expected, 1e-6, 1e-7);
        });
  }

  /** Normal numbers, stretched so that the tails are seen. */
  private static Tensor wide(Trial trial) {
    int rows = trial.size("rows", 1, 60);
    int columns = trial.pick("columns", 1, 3, 17, 64, 300, 1025);
    double[] values = trial.normals(rows * columns);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * 3);
    }
    Tensor x = trial.anyInput("x", rows, columns);
    trial.device().write(x, Trial.floats(values), 0);
    return x;
  }

  private static double[] apply(Activation activation, double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = References.activate(activation, x[i]);
    }
    return y;
  }
}
