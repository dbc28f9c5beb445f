package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Fill, copy, axpby and add; every result is the rounded exact one or within an ulp of it. */
class ElementwiseContract {
  @TestFactory
  Stream<DynamicTest> fillAndCopy() {
    return Trials.of(
        "fill and copy",
        12,
        trial -> {
          int rows = trial.size("rows", 1, 60);
          int columns = columns(trial);
          Tensor x = trial.anyInput("x", rows, columns);
          Tensor y = trial.anyOutput("y", rows, columns);
          ElementwiseOps elementwise = trial.device().elementwise();
          elementwise.copy(x, y);
          trial.assertClose(y, trial.values(x), 0, 0);
          elementwise.fill(-2.5f, y);
          double[] expected = new double[rows * columns];
          Arrays.fill(expected, -2.5);
          trial.assertClose(y, expected, 0, 0);
        });
  }

  @TestFactory
  Stream<DynamicTest> copyOfIntegers() {
    return Trials.of(
        "copy of integers",
        3,
        trial -> {
          int columns = columns(trial);
          Tensor x = trial.indices("x", 1000, 5, columns);
          Tensor y = trial.indices("y", 1000, 5, columns);
          Device device = trial.device();
          device.elementwise().copy(x, y);
          int[] expected = new int[5 * columns];
          int[] actual = new int[5 * columns];
          device.read(x, expected, 0);
          device.read(y, actual, 0);
          assertArrayEquals(expected, actual);
          Tensor floats = trial.output("floats", 5, columns);
          String message =
              assertThrows(
                      IllegalArgumentException.class, () -> device.elementwise().copy(x, floats))
                  .getMessage();
          assertTrue(message.contains("x [") && message.contains("floats ["), message);
        });
  }

  @TestFactory
  Stream<DynamicTest> axpby() {
    return Trials.of(
        "axpby",
        16,
        trial -> {
          int rows = trial.size("rows", 1, 60);
          int columns = columns(trial);
          float alpha = trial.pick("alpha", 1f, 0f, -0.37f);
          float beta = trial.pick("beta", 0f, 1f, -0.37f);
          Tensor x = trial.anyInput("x", rows, columns);
          Tensor y =
              beta == 0 ? trial.anyOutput("y", rows, columns) : trial.anyInput("y", rows, columns);
          double[] expected = trial.values(x);
          double[] before = trial.values(y);
          for (int i = 0; i < expected.length; i++) {
            expected[i] = alpha * expected[i] + (beta == 0 ? 0 : beta * before[i]);
          }
          trial.device().elementwise().axpby(alpha, x, beta, y);
          trial.assertClose(y, expected, 1e-6, 2e-7);
        });
  }

  @TestFactory
  Stream<DynamicTest> add() {
    return Trials.of(
        "add",
        12,
        trial -> {
          int rows = trial.size("rows", 1, 60);
          int columns = columns(trial);
          Tensor x = trial.anyInput("x", rows, columns);
          Tensor y = trial.anyInput("y", rows, columns);
          double[] expected = trial.values(x);
          double[] other = trial.values(y);
          for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) (expected[i] + other[i]);
          }
          Tensor z =
              switch (trial.pick("z", "x", "y", "new")) {
                case "x" -> x;
                case "y" -> y;
                default -> trial.anyOutput("z", rows, columns);
              };
          trial.device().elementwise().add(x, y, z);
          trial.assertClose(z, expected, 0, 0);
          Tensor narrow = trial.input("narrow", rows, columns + 1);
          assertThrows(
              IllegalArgumentException.class, () -> trial.device().elementwise().add(x, narrow, z));
        });
  }

  private static int columns(Trial trial) {
    return trial.pick("columns", 1, 2, 17, 64, 300, 1025);
  }
}
