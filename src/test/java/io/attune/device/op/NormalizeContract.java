package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Rows of unit length and softmax. */
class NormalizeContract {
  @TestFactory
  Stream<DynamicTest> unitRows() {
    return Trials.of(
        "l2",
        16,
        trial -> {
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 70);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor y = trial.anyOutput("y", rows, width);
          Tensor norm = trial.output("norm", rows);
          Tensor dy = trial.anyInput("dy", rows, width);
          double[] doutput = trial.values(dy);
          double[] xs = trial.values(x);
          NormalizeOps normalize = trial.device().normalize();
          normalize.l2(x, y, trial.flag("norm wanted") ? norm : null);
          trial.assertClose(y, l2(xs, width), 1e-6, 1e-7);
          normalize.l2(x, y, norm);
          trial.assertClose(norm, norms(xs, width), 1e-6, 0);
          Tensor dx = trial.flag("in place") ? dy : trial.anyOutput("dx", rows, width);
          normalize.l2Backward(dy, y, norm, dx);
          // Of one or two numbers the norm may be small, and the gradient as much larger.
          double near = width < 7 ? 1e-4 : 2e-6;
          trial.assertGradient(dx, null, xs, () -> l2(xs, width), doutput, 1e-4, near);
        });
  }

  @TestFactory
  Stream<DynamicTest> softmax() {
    return Trials.of(
        "softmax",
        16,
        trial -> {
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 70);
          Tensor x = trial.anyInput("x", rows, width);
          double[] xs = trial.values(x);
          Tensor y = trial.flag("in place") ? x : trial.anyOutput("y", rows, width);
          NormalizeOps normalize = trial.device().normalize();
          normalize.softmax(x, y);
          trial.assertClose(y, softmax(xs, width), 2e-6, 1e-9);
          Tensor dy = trial.anyInput("dy", rows, width);
          double[] doutput = trial.values(dy);
          Tensor dx = trial.flag("dx in place") ? dy : trial.anyOutput("dx", rows, width);
          normalize.softmaxBackward(dy, y, dx);
          trial.assertGradient(dx, null, xs, () -> softmax(xs, width), doutput, 1e-5, 1e-6);
        });
  }

  /** Large numbers must not overflow, whichever sign they have. */
  @TestFactory
  Stream<DynamicTest> largeSoftmax() {
    return Trials.of(
        "softmax of large numbers",
        1,
        trial -> {
          double[] x = {1e4, 1e4 - 1, 0, -1e4, -1e4 - 1, -1e30};
          Tensor y = trial.output("y", 2, 3);
          trial.device().normalize().softmax(trial.tensor("x", x, 2, 3), y);
          trial.assertClose(y, softmax(x, 3), 1e-6, 1e-9);
        });
  }

  @TestFactory
  Stream<DynamicTest> wrongShapes() {
    return Trials.of(
        "normalisation of wrong shapes",
        1,
        trial -> {
          NormalizeOps normalize = trial.device().normalize();
          Tensor x = trial.input("x", 3, 5);
          Tensor y = trial.output("y", 5, 3);
          Tensor norm = trial.output("norm", 5);
          assertThrows(IllegalArgumentException.class, () -> normalize.l2(x, y, null));
          assertThrows(IllegalArgumentException.class, () -> normalize.l2(x, x, norm));
          assertThrows(IllegalArgumentException.class, () -> normalize.softmax(x, y));
        });
  }

  private static int width(Trial trial) {
    return trial.pick("D", 1, 2, 7, 16, 33, 100, 257, 768, 1280, 16_500);
  }

  private static double[] norms(double[] x, int width) {
    double[] norms = new double[x.length / width];
    for (int i = 0; i < x.length; i++) {
      norms[i / width] += x[i] * x[i];
    }
    for (int row = 0; row < norms.length; row++) {
      norms[row] = Math.sqrt(norms[row]);
    }
    return norms;
  }

  private static double[] l2(double[] x, int width) {
    double[] norms = norms(x, width);
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[i] / norms[i / width];
    }
    return y;
  }

  private static double[] softmax(double[] x, int width) {
    double[] y = new double[x.length];
    for (int row = 0; row < x.length; row += width) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < width; j++) {
        max = Math.max(max, x[row + j]);
      }
      double sum = 0;
      for (int j = 0; j < width; j++) {
        y[row + j] = Math.exp(x[row + j] - max);
        sum += y[row + j];
      }
      for (int j = 0; j < width; j++) {
        y[row + j] /= sum;
      }
    }
    return y;
  }
}
