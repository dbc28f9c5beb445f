package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.tensor.Tensor;
import java.util.Arrays;
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
            boolean half = Bfloat16.isServed(trial.device()) && trial.flag("BF16 copy");
            Tensor compute = half ? Bfloat16.output(trial, "copy " + i, size) : null;
            slots[i] = new AdamWSlot(parameter, gradient, m, v, compute);
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
            if (slots[i].compute() != null) {
              assertArrayEquals(
                  Bfloat16.rounded(trial.device().toArray(slots[i].parameter())),
                  Bfloat16.values(trial.device(), slots[i].compute()));
            }
          }
        });
  }

  /** Every operation rounds by itself, in one order: all devices give the same bits. */
  @TestFactory
  Stream<DynamicTest> bitsOfTheCpu() {
    return Trials.of(
        "adamw bit for bit",
        1,
        trial -> {
          try (Device cpu = Devices.open("cpu").device()) {
            float[][] expected = threeSteps(cpu);
            float[][] actual = threeSteps(trial.device());
            for (int i = 0; i < expected.length; i++) {
              assertArrayEquals(expected[i], actual[i], "tensor " + i);
            }
          }
        });
  }

  /** Parameters at odd offsets of one buffer, as a model's arena may place them. */
  private static float[][] threeSteps(Device device) {
    AdamWSlot[] slots = new AdamWSlot[3];
    for (int i = 0; i < slots.length; i++) {
      Tensor[] views = new Tensor[4];
      for (int kind = 0; kind < 4; kind++) {
        views[kind] = Threads.input(device, 4 * i + kind, 5003).reshape(5003, 1).rowRange(i, 5000);
      }
      device.elementwise().axpby(1, views[1], 1e-3f, views[2]);
      device.elementwise().fill(0.25f, views[3]);
      slots[i] = new AdamWSlot(views[0], views[1], views[2], views[3]);
    }
    for (int t = 1; t <= 3; t++) {
      device.adamW().step(slots, 3e-4, BETA_1, BETA_2, EPSILON, 0.1, t);
    }
    float[][] results = new float[3 * slots.length][];
    for (int i = 0; i < slots.length; i++) {
      results[3 * i] = device.toArray(slots[i].parameter());
      results[3 * i + 1] = device.toArray(slots[i].firstMoment());
      results[3 * i + 2] = device.toArray(slots[i].secondMoment());
    }
    return results;
  }

  /** What a device keeps of an array of slots must follow the array's contents. */
  @TestFactory
  Stream<DynamicTest> slotsChange() {
    return Trials.of(
        "adamw of changing slots",
        1,
        trial -> {
          AdamWSlot[] first = {ones(trial, "a"), ones(trial, "b")};
          AdamWOps adamW = trial.device().adamW();
          int steps = 40;
          for (int t = 1; t <= steps; t++) {
            adamW.step(first, 1e-2, BETA_1, BETA_2, EPSILON, 0, 1);
            adamW.step(new AdamWSlot[] {ones(trial, "c" + t)}, 1e-2, BETA_1, BETA_2, EPSILON, 0, 1);
          }
          double[] untouched = {1, 1, 1, 1, 1};
          AdamWSlot other = ones(trial, "other");
          double[] kept = trial.values(first[1].parameter());
          AdamWSlot replaced = first[1];
          first[1] = other;
          trial.assertClose(other.parameter(), untouched, 0, 0);
          adamW.step(first, 1e-2, BETA_1, BETA_2, EPSILON, 0, 1);
          trial.assertClose(replaced.parameter(), kept, 0, 0);
          Arrays.fill(untouched, 0.99);
          trial.assertClose(other.parameter(), untouched, 1e-5, 0);
        });
  }

  private static AdamWSlot ones(Trial trial, String name) {
    double[] ones = {1, 1, 1, 1, 1};
    return new AdamWSlot(
        trial.tensor(name, ones, 5),
        trial.tensor(name + ".gradient", ones, 5),
        trial.tensor(name + ".m", new double[5], 5),
        trial.tensor(name + ".v", new double[5], 5));
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
