package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Layer normalisation, alone and after a residual addition. */
class LayerNormContract {
  private static final float EPSILON = 1e-5f;

  @TestFactory
  Stream<DynamicTest> forward() {
    return Trials.of(
        "layer norm",
        20,
        trial -> {
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 150);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor beta = trial.input("beta", width);
          Tensor mean = trial.flag("statistics") ? trial.output("mean", rows) : null;
          Tensor rstd = mean == null ? null : trial.output("rstd", rows);
          boolean add = trial.flag("add");
          Tensor branch = add ? trial.anyInput("branch", rows, width) : null;
          Tensor sum = add && trial.flag("new sum") ? trial.anyOutput("sum", rows, width) : x;
          Tensor y = !add && trial.flag("in place") ? x : trial.anyOutput("y", rows, width);
          double[] total = trial.values(x);
          if (add) {
            double[] added = trial.values(branch);
            for (int i = 0; i < total.length; i++) {
              total[i] = (float) (total[i] + added[i]);
            }
          }
          double[] expected = reference(total, trial.values(gamma), trial.values(beta));
          LayerNormOps norm = trial.device().layerNorm();
          if (add) {
            norm.addForward(x, branch, gamma, beta, EPSILON, sum, y, mean, rstd);
            trial.assertClose(sum, total, 0, 0);
          } else {
            norm.forward(x, gamma, beta, EPSILON, y, mean, rstd);
          }
          trial.assertClose(y, expected, 1e-6, tolerance(width));
          if (mean != null) {
            double[][] statistics = statistics(total, width);
            trial.assertClose(mean, statistics[0], 1e-6, 1e-7);
            trial.assertClose(rstd, statistics[1], 1e-5, 0);
          }
        });
  }

  /** A mean a thousand times the deviation must not drown it. */
  @TestFactory
  Stream<DynamicTest> offset() {
    return Trials.of(
        "layer norm far from zero",
        3,
        trial -> {
          int width = trial.size("D", 200, 300);
          double[] x = trial.normals(4 * width);
          for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + 1000);
          }
          Tensor input = trial.tensor("x", x, 4, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor beta = trial.input("beta", width);
          Tensor y = trial.output("y", 4, width);
          trial.device().layerNorm().forward(input, gamma, beta, EPSILON, y, null, null);
          double[] expected = reference(x, trial.values(gamma), trial.values(beta));
          trial.assertClose(y, expected, 1e-4, 2e-4);
        });
  }

  @TestFactory
  Stream<DynamicTest> backward() {
    return Trials.of(
        "layer norm backward",
        20,
        trial -> {
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 150);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor beta = trial.input("beta", width);
          Tensor mean = trial.output("mean", rows);
          Tensor rstd = trial.output("rstd", rows);
          LayerNormOps norm = trial.device().layerNorm();
          norm.forward(x, gamma, beta, EPSILON, trial.output("y", rows, width), mean, rstd);
          Tensor dy = trial.anyInput("dy", rows, width);
          double[] doutput = trial.values(dy);
          String mode = trial.pick("dx", "none", "written", "added", "in place");
          boolean accumulate = mode.equals("added");
          Tensor dx =
              switch (mode) {
                case "written" -> trial.anyOutput("dx", rows, width);
                case "added" -> trial.anyInput("dx", rows, width);
                case "in place" -> dy;
                default -> null;
              };
          Tensor dgamma = trial.flag("dgamma") ? trial.input("dgamma", width) : null;
          Tensor dbeta = trial.flag("dbeta") ? trial.input("dbeta", width) : null;
          double[] dxBefore = accumulate ? trial.values(dx) : null;
          double[] dgammaBefore = dgamma == null ? null : trial.values(dgamma);
          double[] dbetaBefore = dbeta == null ? null : trial.values(dbeta);
          norm.backward(dy, x, gamma, mean, rstd, dx, accumulate, dgamma, dbeta);

          double[] xs = trial.values(x);
          double[] gammas = trial.values(gamma);
          double[] betas = trial.values(beta);
          double sums = 1e-6 * (rows + 10);
          if (dx != null) {
            double near = 10 * tolerance(width);
            trial.assertGradient(
                dx, dxBefore, xs, () -> reference(xs, gammas, betas), doutput, 1e-4, near);
          }
          if (dgamma != null) {
            trial.assertGradient(
                dgamma,
                dgammaBefore,
                gammas,
                () -> reference(xs, gammas, betas),
                doutput,
                1e-5,
                sums + tolerance(width));
          }
          if (dbeta != null) {
            trial.assertGradient(
                dbeta, dbetaBefore, betas, () -> reference(xs, gammas, betas), doutput, 1e-5, sums);
          }
        });
  }

  /**
   * A device may take several rows at a time; the gradient of each has the bits it has alone. Where
   * rows begin in memory may decide how a device reads them, so they begin alike in both.
   */
  @TestFactory
  Stream<DynamicTest> neighbours() {
    return Trials.of(
        "layer norm backward of one row and of many",
        6,
        trial -> {
          int width = width(trial);
          int rows = trial.size("rows", 2, 7);
          Tensor x = trial.input("x", rows, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor mean = trial.output("mean", rows);
          Tensor rstd = trial.output("rstd", rows);
          LayerNormOps norm = trial.device().layerNorm();
          norm.forward(x, gamma, gamma, EPSILON, trial.output("y", rows, width), mean, rstd);
          Tensor dy = trial.input("dy", rows, width);
          Tensor dx = trial.input("dx", rows, width);
          Tensor alone = trial.tensor("dx of one row", trial.values(dx), rows, width);
          Tensor dgamma = trial.flag("parameters") ? trial.input("dgamma", width) : null;
          Tensor dbeta = dgamma == null ? null : trial.input("dbeta", width);
          boolean accumulate = trial.flag("accumulate");
          norm.backward(dy, x, gamma, mean, rstd, dx, accumulate, dgamma, dbeta);
          for (int row = 0; row < rows; row++) {
            norm.backward(
                dy.rowRange(row, 1),
                x.rowRange(row, 1),
                gamma,
                mean.columnRange(row, 1),
                rstd.columnRange(row, 1),
                alone.rowRange(row, 1),
                accumulate,
                dgamma,
                dbeta);
          }
          trial.assertClose(dx, trial.values(alone), 0, 0);
        });
  }

  /** What goes to and comes from products may be BF16: the float results, rounded. */
  @TestFactory
  Stream<DynamicTest> bfloat16() {
    return Trials.of(
        "layer norm of BF16",
        12,
        trial -> {
          Device device = trial.device();
          Bfloat16.assumeServed(device);
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 60);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor beta = trial.input("beta", width);
          Tensor mean = trial.output("mean", rows);
          Tensor rstd = trial.output("rstd", rows);
          Tensor y = Bfloat16.any(trial, "y", false, rows, width);
          LayerNormOps norm = device.layerNorm();
          norm.forward(x, gamma, beta, EPSILON, y, mean, rstd);
          double[] expected = reference(trial.values(x), trial.values(gamma), trial.values(beta));
          Bfloat16.assertRounded(device, y, expected, 1e-6, tolerance(width));

          Tensor branch = Bfloat16.any(trial, "branch", true, rows, width);
          double[] total = trial.values(x);
          double[] added = Trial.doubles(Bfloat16.values(device, branch));
          for (int i = 0; i < total.length; i++) {
            total[i] = (float) (total[i] + added[i]);
          }
          norm.addForward(x, branch, gamma, beta, EPSILON, x, y, mean, rstd);
          trial.assertClose(x, total, 0, 0);
          expected = reference(total, trial.values(gamma), trial.values(beta));
          Bfloat16.assertRounded(device, y, expected, 1e-6, tolerance(width));
          Tensor sum = trial.anyOutput("sum", rows, width);
          Tensor floats = trial.anyOutput("y in F32", rows, width);
          norm.addForward(x, branch, gamma, beta, EPSILON, sum, floats, null, null);
          norm.addForward(
              x, trial.input("other", rows, width), gamma, beta, EPSILON, x, y, mean, rstd);
          expected = reference(trial.values(x), trial.values(gamma), trial.values(beta));
          Bfloat16.assertRounded(device, y, expected, 1e-6, tolerance(width));
          for (int i = 0; i < total.length; i++) {
            total[i] = (float) (total[i] + added[i]);
          }
          trial.assertClose(sum, total, 0, 0);
          expected = reference(total, trial.values(gamma), trial.values(beta));
          trial.assertClose(floats, expected, 1e-6, tolerance(width));
        });
  }

  /** The gradients of a BF16 dy are those of the same numbers in F32; dx may replace dy. */
  @TestFactory
  Stream<DynamicTest> bfloat16Backward() {
    return Trials.of(
        "layer norm backward of BF16",
        12,
        trial -> {
          Device device = trial.device();
          Bfloat16.assumeServed(device);
          int width = width(trial);
          int rows = trial.size("rows", 1, width > 1000 ? 5 : 60);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor gamma = trial.input("gamma", width);
          Tensor mean = trial.output("mean", rows);
          Tensor rstd = trial.output("rstd", rows);
          LayerNormOps norm = device.layerNorm();
          norm.forward(x, gamma, gamma, EPSILON, trial.output("y", rows, width), mean, rstd);
          Tensor dy = Bfloat16.any(trial, "dy", true, rows, width);
          Tensor floats = trial.output("dy in F32", rows, width);
          device.elementwise().copy(dy, floats);
          boolean accumulate = trial.flag("accumulate");
          Tensor dx = trial.anyInput("dx", rows, width);
          Tensor expected = trial.tensor("expected dx", trial.values(dx), rows, width);
          Tensor[] sums = new Tensor[4];
          for (int i = 0; i < sums.length; i++) {
            sums[i] = trial.tensor("sum " + i, new double[width], width);
          }
          norm.backward(floats, x, gamma, mean, rstd, expected, accumulate, sums[0], sums[1]);
          Tensor rounded = Bfloat16.any(trial, "rounded", false, rows, width);
          norm.backward(dy, x, gamma, mean, rstd, dx, rounded, accumulate, sums[2], sums[3]);
          assertArrayEquals(
              Bfloat16.rounded(device.toArray(dx)), Bfloat16.values(device, rounded), "rounded");
          double near = tolerance(width);
          trial.assertClose(dx, trial.values(expected), 1e-6, near);
          trial.assertClose(sums[2], trial.values(sums[0]), 1e-6, near);
          trial.assertClose(sums[3], trial.values(sums[1]), 1e-6, near);

          norm.backward(floats, x, gamma, mean, rstd, expected, false, null, null);
          norm.backward(dy, x, gamma, mean, rstd, dy, false, null, null);
          Bfloat16.assertRounded(device, dy, trial.values(expected), 1e-6, near);
          assertThrows(
              IllegalArgumentException.class,
              () -> norm.backward(floats, x, gamma, mean, rstd, dy, false, null, null));
          assertThrows(
              IllegalArgumentException.class,
              () -> norm.backward(dy, x, gamma, mean, rstd, dy, rounded, false, null, null));
        });
  }

  @TestFactory
  Stream<DynamicTest> wrongShapes() {
    return Trials.of(
        "layer norm of wrong shapes",
        1,
        trial -> {
          Tensor x = trial.input("stream", 3, 5);
          Tensor gamma = trial.input("scale", 4);
          Tensor beta = trial.input("beta", 5);
          Tensor y = trial.output("y", 3, 5);
          LayerNormOps norm = trial.device().layerNorm();
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> norm.forward(x, gamma, beta, EPSILON, y, null, null))
                  .getMessage();
          assertTrue(message.contains("scale [4]") && message.contains("stream [3, 5]"), message);
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "layer norm on any number of threads",
        2,
        trial ->
            Threads.assertSameBits(
                trial,
                device -> {
                  Tensor x = Threads.input(device, 1, 777, 61);
                  Tensor dy = Threads.input(device, 2, 777, 61);
                  Tensor gamma = Threads.input(device, 3, 61);
                  Tensor mean = Threads.input(device, 4, 777);
                  Tensor rstd = Threads.input(device, 5, 777);
                  Tensor y = Threads.input(device, 6, 777, 61);
                  Tensor dgamma = Threads.input(device, 7, 61);
                  Tensor dbeta = Threads.input(device, 8, 61);
                  LayerNormOps norm = device.layerNorm();
                  norm.forward(x, gamma, gamma, EPSILON, y, mean, rstd);
                  norm.backward(dy, x, gamma, mean, rstd, dy, false, dgamma, dbeta);
                  return new Tensor[] {y, mean, rstd, dy, dgamma, dbeta};
                }));
  }

  private static int width(Trial trial) {
    return trial.pick("D", 1, 2, 7, 16, 33, 64, 100, 257, 768, 1280, 4100, 16_500);
  }

  /** Of two or three numbers the deviation may be tiny, and its rounding error large. */
  private static double tolerance(int width) {
    return width < 16 ? 1e-4 : 5e-6;
  }

  private static double[] reference(double[] x, double[] gamma, double[] beta) {
    int width = gamma.length;
    double[][] statistics = statistics(x, width);
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      int row = i / width;
      int j = i % width;
      y[i] = (x[i] - statistics[0][row]) * statistics[1][row] * gamma[j] + beta[j];
    }
    return y;
  }

  /** Mean and rstd of each row. */
  private static double[][] statistics(double[] x, int width) {
    double[][] statistics = new double[2][x.length / width];
    for (int row = 0; row < x.length / width; row++) {
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += x[row * width + j];
      }
      double mean = sum / width;
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += Math.pow(x[row * width + j] - mean, 2);
      }
      statistics[0][row] = mean;
      statistics[1][row] = 1 / Math.sqrt(squares / width + EPSILON);
    }
    return statistics;
  }
}
