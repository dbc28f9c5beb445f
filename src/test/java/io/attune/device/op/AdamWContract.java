package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Ten steps over several tensors against the formula in double precision. */
class AdamWContract {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.98;
  private static final double EPSILON = 1e-6;

  @TestFactory
  Stream<DynamicTest> tenSteps() {
    return Trials.of(
        "adamw",
        8,
        trial -> {
          double rate = trial.pick("lr", 1e-2, 3e-4);
          double decay = trial.pick("weight decay", 0.0, 0.1);
          int count = trial.size("slots", 1, 4);
          AdamWSlot[] slots = new AdamWSlot[count];
          double[][][] expected = new double[count][3][];
          for (int i = 0; i < count; i++) {
            int size = trial.pick("size", 1, 15, 100, 16384, 40001);
            Tensor parameter = trial.input("parameter " + i, size);
            Tensor gradient = trial.input("gradient " + i, size);
            Tensor m = trial.tensor("first moment " + i, new double[size], size);
            Tensor v = trial.tensor("second moment " + i, new double[size], size);
            slots[i] = new AdamWSlot(parameter, gradient, m, v);
            expected[i] =
                new double[][] {trial.values(parameter), new double[size], new double[size]};
          }
          for (int t = 1; t <= 10; t++) {
            for (int i = 0; i < count; i++) {
              double[] gradient = trial.normals((int) slots[i].gradient().size());
              trial.device().write(slots[i].gradient(), Trial.floats(gradient), 0);
              step(expected[i], gradient, rate, decay, t);
            }
            trial.device().adamW().step(slots, rate, BETA_1, BETA_2, EPSILON, decay, t);
          }
          for (int i = 0; i < count; i++) {
            trial.assertClose(slots[i].parameter(), expected[i][0], 2e-6, 1e-5 * rate);
            trial.assertClose(slots[i].firstMoment(), expected[i][1], 1e-5, 1e-6);
            trial.assertClose(slots[i].secondMoment(), expected[i][2], 1e-5, 1e-9);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> wrongShapes() {
    return Trials.of(
        "adamw of wrong shapes",
        1,
        trial -> {
          Tensor five = trial.input("five", 5);
          Tensor six = trial.input("six", 6);
          AdamWOps adamW = trial.device().adamW();
          AdamWSlot[] wrong = {new AdamWSlot(five, five, six, five)};
          AdamWSlot[] right = {new AdamWSlot(five, five, five, five)};
          AdamWSlot[] notBfloat16 = {new AdamWSlot(five, five, five, five, five)};
          assertThrows(
              IllegalArgumentException.class,
              () -> adamW.step(wrong, 1, BETA_1, BETA_2, EPSILON, 0, 1));
          assertThrows(
              IllegalArgumentException.class,
              () -> adamW.step(right, 1, BETA_1, BETA_2, EPSILON, 0, 0));
          assertThrows(
              IllegalArgumentException.class,
              () -> adamW.step(notBfloat16, 1, BETA_1, BETA_2, EPSILON, 0, 1));
        });
  }

  /** torch.optim.AdamW, for p, m and v. */
  private static void step(double[][] state, double[] gradient, double rate, double decay, int t) {
    double[] p = state[0];
    double[] m = state[1];
    double[] v = state[2];
    for (int i = 0; i < p.length; i++) {
      p[i] -= rate * decay * p[i];
      m[i] = BETA_1 * m[i] + (1 - BETA_1) * gradient[i];
      v[i] = BETA_2 * v[i] + (1 - BETA_2) * gradient[i] * gradient[i];
      double denominator = Math.sqrt(v[i]) / Math.sqrt(1 - Math.pow(BETA_2, t)) + EPSILON;
      p[i] -= rate / (1 - Math.pow(BETA_1, t)) * m[i] / denominator;
    }
  }
}
