package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits under a learnt scale, and the two cross-entropies. */
class ContrastiveContract {
  @TestFactory
  Stream<DynamicTest> logits() {
    return Trials.of(
        "logits",
        12,
        trial -> {
          int rows = trial.size("B", 1, 90);
          int columns = trial.size("N", 1, 400);
          Tensor cosine = trial.anyInput("cosine", rows, columns);
          Tensor logScale = trial.input("logScale", 1);
          Tensor logits = trial.anyOutput("logits", rows, columns);
          ContrastiveOps contrastive = trial.device().contrastive();
          contrastive.logits(cosine, logScale, logits);
          double[] c = trial.values(cosine);
          double[] s = trial.values(logScale);
          trial.assertClose(logits, scaled(c, s), 1e-6, 0);

          Tensor dlogits = trial.anyInput("dlogits", rows, columns);
          double[] doutput = trial.values(dlogits);
          Tensor dcosine = trial.anyOutput("dcosine", rows, columns);
          Tensor dlogScale = trial.flag("frozen") ? null : trial.input("dlogScale", 1);
          double[] before = dlogScale == null ? null : trial.values(dlogScale);
          contrastive.logitsBackward(dlogits, logits, logScale, dcosine, dlogScale);
          trial.assertGradient(dcosine, null, c, () -> scaled(c, s), doutput, 1e-5, 1e-6);
          if (dlogScale != null) {
            double near = 1e-5 * Math.sqrt(c.length) * Math.exp(s[0]);
            trial.assertGradient(dlogScale, before, s, () -> scaled(c, s), doutput, 1e-6, near);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> loss() {
    return Trials.of(
        "contrastive loss",
        16,
        trial -> {
          int n = trial.pick("N", 1, 2, 7, 16, 33, 64, 130, 300);
          double spread = trial.pick("spread", 1, 10, 100);
          double[] values = trial.normals(n * n);
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (values[i] * spread);
          }
          check(trial, n, values);
        });
  }

  /** Logits of +-100 are far beyond what the exponential of f32 holds. */
  @TestFactory
  Stream<DynamicTest> largeLogits() {
    return Trials.of(
        "contrastive loss of logits of +-100",
        2,
        trial -> {
          int n = trial.size("N", 3, 40);
          double[] values = new double[n * n];
          for (int i = 0; i < values.length; i++) {
            values[i] = trial.pick("l", -100, 100);
          }
          check(trial, n, values);
        });
  }

  private static void check(Trial trial, int n, double[] values) {
    Tensor logits = trial.anyInput("logits", n, n);
    trial.device().write(logits, Trial.floats(values), 0);
    Tensor rowLse = trial.output("rowLse", n);
    Tensor columnLse = trial.output("columnLse", n);
    Tensor loss = trial.output("loss", 1);
    Tensor dlogits = trial.anyOutput("dlogits", n, n);
    ContrastiveOps contrastive = trial.device().contrastive();
    contrastive.loss(logits, rowLse, columnLse, loss);
    trial.assertClose(rowLse, lse(values, n, false), 1e-6, 1e-6);
    trial.assertClose(columnLse, lse(values, n, true), 1e-6, 1e-6);
    trial.assertClose(loss, loss(values, n), 1e-6, 3e-6);
    contrastive.lossBackward(logits, rowLse, columnLse, dlogits);
    // A logit of 300 has an error of 1.5e-5 in f32, and so has the exponent.
    trial.assertGradient(
        dlogits, null, values, () -> loss(values, n), new double[] {1}, 1e-4, 1e-6);
  }

  @TestFactory
  Stream<DynamicTest> wrongShapes() {
    return Trials.of(
        "contrastive loss of wrong shapes",
        1,
        trial -> {
          Tensor logits = trial.input("logits", 3, 4);
          Tensor lse = trial.output("lse", 3);
          Tensor loss = trial.output("loss", 1);
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> trial.device().contrastive().loss(logits, lse, lse, loss))
                  .getMessage();
          assertTrue(message.contains("logits [3, 4]"), message);
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "contrastive loss on any number of threads",
        1,
        trial ->
            Threads.assertSameBits(
                trial,
                device -> {
                  Tensor logits = Threads.input(device, 1, 301, 301);
                  Tensor rows = Threads.input(device, 2, 301);
                  Tensor columns = Threads.input(device, 3, 301);
                  Tensor loss = Threads.input(device, 4, 1);
                  Tensor dlogits = Threads.input(device, 5, 301, 301);
                  Tensor scale = Threads.input(device, 6, 1);
                  Tensor dscale = Threads.input(device, 7, 1);
                  Tensor dcosine = Threads.input(device, 8, 301, 301);
                  ContrastiveOps contrastive = device.contrastive();
                  contrastive.loss(logits, rows, columns, loss);
                  contrastive.lossBackward(logits, rows, columns, dlogits);
                  contrastive.logitsBackward(dlogits, logits, scale, dcosine, dscale);
                  return new Tensor[] {rows, columns, loss, dlogits, dcosine, dscale};
                }));
  }

  private static double[] scaled(double[] cosine, double[] logScale) {
    double[] logits = new double[cosine.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.exp(logScale[0]) * cosine[i];
    }
    return logits;
  }

  private static double[] lse(double[] logits, int n, boolean columns) {
    double[] result = new double[n];
    for (int i = 0; i < n; i++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < n; j++) {
        max = Math.max(max, logits[columns ? j * n + i : i * n + j]);
      }
      double sum = 0;
      for (int j = 0; j < n; j++) {
        sum += Math.exp(logits[columns ? j * n + i : i * n + j] - max);
      }
      result[i] = max + Math.log(sum);
    }
    return result;
  }

  private static double[] loss(double[] logits, int n) {
    double[] rows = lse(logits, n, false);
    double[] columns = lse(logits, n, true);
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += rows[i] + columns[i] - 2 * logits[i * n + i];
    }
    return new double[] {sum / (2 * n)};
  }
}
