package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Magnitude times direction, with the norm differentiated or held constant. */
class DoraContract {
  @TestFactory
  Stream<DynamicTest> compose() {
    return Trials.of(
        "dora",
        24,
        trial -> {
          int out = trial.size("out", 1, 90);
          int in = trial.pick("in", 3, 7, 16, 33, 100, 257, 768);
          float epsilon = trial.pick("epsilon", 0f, 1e-8f, 0.5f);
          Tensor u = trial.anyInput("u", out, in);
          Tensor magnitude = trial.input("magnitude", out);
          Tensor w = trial.anyOutput("w", out, in);
          Tensor norm = trial.output("norm", out);
          DoraOps dora = trial.device().dora();
          dora.compose(u, magnitude, epsilon, w, norm);
          double[] us = trial.values(u);
          double[] ms = trial.values(magnitude);
          double[] norms = norms(us, in);
          trial.assertClose(w, compose(us, ms, norms, epsilon), 1e-6, 0);
          trial.assertClose(norm, norms, 1e-6, 0);

          Tensor dw = trial.anyInput("dw", out, in);
          double[] doutput = trial.values(dw);
          boolean constantNorm = trial.flag("constantNorm");
          Tensor du = trial.flag("in place") ? dw : trial.anyOutput("du", out, in);
          Tensor dmagnitude = trial.flag("frozen") ? null : trial.input("dmagnitude", out);
          double[] before = dmagnitude == null ? null : trial.values(dmagnitude);
          dora.composeBackward(dw, u, magnitude, norm, epsilon, constantNorm, dmagnitude, du);
          trial.assertGradient(
              du,
              null,
              us,
              () -> compose(us, ms, constantNorm ? norms : norms(us, in), epsilon),
              doutput,
              1e-4,
              1e-5);
          if (dmagnitude != null) {
            trial.assertGradient(
                dmagnitude, before, ms, () -> compose(us, ms, norms, epsilon), doutput, 1e-5, 1e-5);
          }
        });
  }

  /** A row of zeros has no direction: it stays zero and must not bring NaN into the gradient. */
  @TestFactory
  Stream<DynamicTest> zeroRow() {
    return Trials.of(
        "dora of a zero row",
        1,
        trial -> {
          Tensor u = trial.tensor("u", new double[6], 2, 3);
          Tensor magnitude = trial.tensor("magnitude", new double[] {2, 3}, 2);
          Tensor w = trial.output("w", 2, 3);
          Tensor norm = trial.output("norm", 2);
          Tensor du = trial.output("du", 2, 3);
          double[] ones = new double[6];
          Arrays.fill(ones, 1);
          Tensor dw = trial.tensor("dw", ones, 2, 3);
          DoraOps dora = trial.device().dora();
          dora.compose(u, magnitude, 0.5f, w, norm);
          trial.assertClose(w, new double[6], 0, 0);
          dora.composeBackward(dw, u, magnitude, norm, 0.5f, false, null, du);
          trial.assertClose(du, new double[] {4, 4, 4, 6, 6, 6}, 1e-6, 0);
        });
  }

  /** A BF16 weight is the F32 weight, rounded. */
  @TestFactory
  Stream<DynamicTest> bfloat16Weight() {
    return Trials.of(
        "dora with a BF16 weight",
        6,
        trial -> {
          int out = trial.size("out", 1, 20);
          int in = trial.pick("in", 7, 16, 257, 768, 4104);
          Tensor u = trial.anyInput("u", out, in);
          Tensor magnitude = trial.input("magnitude", out);
          Tensor w = trial.output("w", out, in);
          DoraOps dora = trial.device().dora();
          dora.compose(u, magnitude, 1e-8f, w, null);
          if (!Bfloat16.isServed(trial.device())) {
            Tensor integers = trial.indices("integers", 9, out, in);
            assertThrows(
                IllegalArgumentException.class,
                () -> dora.compose(u, magnitude, 1e-8f, integers, null));
            return;
          }
          int before = trial.size("columns before", 0, 9);
          Tensor whole = Bfloat16.output(trial, "whole", out, before + in + 3);
          Tensor half = whole.columnRange(before, in);
          Tensor norm = trial.output("norm", out);
          dora.compose(u, magnitude, 1e-8f, half, norm);
          assertArrayEquals(
              Bfloat16.rounded(trial.device().toArray(w)), Bfloat16.values(trial.device(), half));
          trial.assertClose(norm, norms(trial.values(u), in), 1e-6, 0);
          float[] all = Bfloat16.values(trial.device(), whole);
          for (int i = 0; i < all.length; i++) {
            int column = i % (before + in + 3);
            assertEquals(column < before || column >= before + in, Float.isNaN(all[i]), "at " + i);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "dora on any number of threads",
        1,
        trial ->
            Threads.assertSameBits(
                trial,
                device -> {
                  Tensor u = Threads.input(device, 1, 61, 515);
                  Tensor magnitude = Threads.input(device, 2, 61);
                  Tensor w = Threads.input(device, 3, 61, 515);
                  Tensor norm = Threads.input(device, 4, 61);
                  Tensor dmagnitude = Threads.input(device, 5, 61);
                  Tensor dw = Threads.input(device, 6, 61, 515);
                  device.dora().compose(u, magnitude, 0, w, norm);
                  device.dora().composeBackward(dw, u, magnitude, norm, 0, false, dmagnitude, dw);
                  return new Tensor[] {w, norm, dmagnitude, dw};
                }));
  }

  private static double[] norms(double[] u, int in) {
    double[] norms = new double[u.length / in];
    for (int i = 0; i < u.length; i++) {
      norms[i / in] += u[i] * u[i];
    }
    for (int row = 0; row < norms.length; row++) {
      norms[row] = Math.sqrt(norms[row]);
    }
    return norms;
  }

  private static double[] compose(double[] u, double[] magnitude, double[] norms, double epsilon) {
    int in = u.length / norms.length;
    double[] w = new double[u.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = magnitude[i / in] * u[i] / (norms[i / in] + epsilon);
    }
    return w;
  }
}
