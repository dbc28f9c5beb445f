package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Correlation RDMs at many times, and the loss between two of them. */
class RdmContract {
  @TestFactory
  Stream<DynamicTest> correlation() {
    return Trials.of(
        "correlation rdm",
        30,
        trial -> {
          int times = trial.pick("T", 1, 2, 5);
          int batch = trial.pick("B", 2, 3, 5, 17, 50);
          int width = trial.pick("K", 2, 3, 16, 66, 100);
          double mean = trial.pick("mean", 0.0, 0.0, 30.0);
          double[] xs = trial.normals(times * batch * width);
          Arrays.setAll(xs, i -> (float) (xs[i] + mean));
          check(trial, xs, times, batch, width);
        });
  }

  /** More images than the work on a time is cut into at once. */
  @TestFactory
  Stream<DynamicTest> manyImages() {
    return Trials.of(
        "correlation rdm of many images",
        1,
        trial -> check(trial, trial.normals(2 * 300 * 7), 2, 300, 7));
  }

  private static void check(Trial trial, double[] xs, int times, int batch, int width) {
    int pairs = batch * (batch - 1) / 2;
    Tensor x = trial.tensor("x", xs, times, batch, width);
    Tensor unit = trial.flag("in place") ? x : trial.output("unit", times, batch, width);
    Tensor norm = trial.output("norm", times, batch);
    Tensor rdm = trial.output("rdm", times, pairs);
    RdmOps ops = ops(trial);
    ops.correlation(x, unit, norm, rdm);
    Supplier<double[]> forward = () -> RdmReference.correlation(xs, times, batch);
    trial.assertClose(rdm, forward.get(), 0, 1e-6);

    Tensor drdm = trial.input("drdm", times, pairs);
    Tensor dx = trial.output("dx", times, batch, width);
    ops.correlationBackward(drdm, unit, norm, dx);
    // Rows of two numbers are all but constant at times: gradients grow as 1/norm.
    double smallest = Arrays.stream(trial.values(norm)).min().orElseThrow();
    double absolute = 2e-6 * Math.sqrt(batch) / smallest;
    trial.assertGradient(dx, null, xs, forward, trial.values(drdm), 1e-4, absolute);

    Tensor again = trial.output("again", times, pairs);
    ops.correlation(trial.tensor("x", xs, times, batch, width), dx, null, again);
    trial.assertClose(again, trial.values(rdm), 0, 0);
  }

  /** A constant row has no direction: its pairs are NaN, the others are not. */
  @TestFactory
  Stream<DynamicTest> constantRow() {
    return Trials.of(
        "correlation rdm with a constant row",
        4,
        trial -> {
          int width = trial.pick("K", 1, 3, 66);
          double[] xs = trial.normals(2 * 4 * width);
          Arrays.fill(xs, 6 * width, 7 * width, 0.1f);
          Tensor x = trial.tensor("x", xs, 2, 4, width);
          Tensor rdm = trial.output("rdm", 2, 6);
          ops(trial).correlation(x, x, null, rdm);
          double[] values = trial.values(rdm);
          for (int i = 0; i < 12; i++) {
            // Of the second time, the pairs (0,2), (1,2), (2,3).
            boolean expected = width == 1 || i == 7 || i == 9 || i == 11;
            assertEquals(expected, Double.isNaN(values[i]), "pair " + i);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> loss() {
    return Trials.of(
        "rdm loss",
        40,
        trial -> {
          // Of two times each generalises to the other alike: their g are the same.
          int times = trial.pick("T", 3, 4, 9, 30);
          int batch = trial.pick("B", 3, 4, 7, 40);
          int pairs = batch * (batch - 1) / 2;
          double[] ys = rdms(trial, times, pairs);
          double[] xs = rdms(trial, times, pairs);
          double shared = trial.pick("shared", 0.0, 0.5, 0.9);
          Arrays.setAll(xs, i -> (float) (shared * ys[i] + (1 - shared) * xs[i]));
          Tensor x = trial.tensor("model", xs, times, pairs);
          Tensor y = trial.tensor("target", ys, times, pairs);
          Tensor statistics = trial.output("statistics", RdmOps.statisticsSize(times, pairs));
          Tensor losses = trial.output("losses", 3);
          RdmOps ops = ops(trial);
          ops.loss(x, y, statistics, losses);
          double[] expected = RdmReference.losses(xs, ys, times);
          // 1 - r is rounded from about 1; the generalisation of few pairs has roundings more.
          trial.assertClose(losses, expected, 1e-5, 2e-6);

          double[] ws = {trial.below(2), trial.below(2) * 0.1f, trial.below(2) * 0.15f};
          Tensor weights = trial.tensor("weights", ws, 3);
          Tensor dmodel = trial.output("dmodel", times, pairs);
          ops.lossBackward(x, y, statistics, weights, dmodel);
          double largest = Arrays.stream(trial.values(dmodel)).map(Math::abs).max().orElseThrow();
          trial.assertGradient(
              dmodel,
              null,
              xs,
              () -> RdmReference.losses(xs, ys, times),
              ws,
              1e-3,
              1e-4 * largest + 1e-9);
        });
  }

  /** Dissimilarities about 1 that are alike from time to time. */
  private static double[] rdms(Trial trial, int times, int pairs) {
    double[] common = trial.normals(pairs);
    double[] rdms = trial.normals(times * pairs);
    Arrays.setAll(rdms, i -> (float) (1 + 0.1 * common[i % pairs] + 0.1 * rdms[i]));
    return rdms;
  }

  /** One time has nothing to generalise to; the other losses stand. */
  @TestFactory
  Stream<DynamicTest> oneTime() {
    return Trials.of(
        "rdm loss of one time",
        1,
        trial -> {
          double[] xs = rdms(trial, 1, 6);
          double[] ys = rdms(trial, 1, 6);
          Tensor statistics = trial.output("statistics", RdmOps.statisticsSize(1, 6));
          Tensor losses = trial.output("losses", 3);
          Tensor x = trial.tensor("model", xs, 1, 6);
          ops(trial).loss(x, trial.tensor("target", ys, 1, 6), statistics, losses);
          double[] expected = RdmReference.losses(xs, ys, 1);
          double[] values = trial.values(losses);
          assertEquals(expected[0], values[0], 1e-6);
          assertEquals(expected[1], values[1], 1e-6);
          assertTrue(Double.isNaN(values[2]), "generalisation is " + values[2]);
        });
  }

  @TestFactory
  Stream<DynamicTest> shapes() {
    return Trials.of(
        "rdm of what does not fit",
        1,
        trial -> {
          RdmOps ops = ops(trial);
          Tensor x = trial.input("x", 2, 4, 5);
          Tensor norm = trial.input("norm", 8);
          Tensor square = trial.input("square", 2, 16);
          Tensor rdm = trial.input("rdm", 2, 6);
          String message =
              assertThrows(
                      IllegalArgumentException.class, () -> ops.correlation(x, x, norm, square))
                  .getMessage();
          assertTrue(message.contains("[2, 16]") && message.contains("[2, 4, 5]"), message);
          assertThrows(
              IllegalArgumentException.class, () -> ops.correlationBackward(rdm, x, null, x));
          Tensor losses = trial.input("losses", 3);
          assertThrows(IllegalArgumentException.class, () -> ops.loss(rdm, rdm, norm, losses));
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "rdms on any number of threads",
        1,
        trial -> {
          ops(trial);
          Threads.assertSameBits(trial, RdmContract::step);
        });
  }

  private static Tensor[] step(Device device) {
    RdmOps ops = device.rdm();
    Tensor x = Threads.input(device, 1, 11, 31, 66);
    Tensor norm = Threads.input(device, 2, 11, 31);
    Tensor model = Threads.input(device, 3, 11, 465);
    Tensor target = Threads.input(device, 4, 11, 465);
    Tensor statistics = Threads.input(device, 5, RdmOps.statisticsSize(11, 465));
    Tensor losses = Threads.input(device, 6, 3);
    Tensor weights = Threads.input(device, 7, 3);
    Tensor dmodel = Threads.input(device, 8, 11, 465);
    Tensor dx = Threads.input(device, 9, 11, 31, 66);
    ops.correlation(x, x, norm, model);
    ops.loss(model, target, statistics, losses);
    ops.lossBackward(model, target, statistics, weights, dmodel);
    ops.correlationBackward(dmodel, x, norm, dx);
    return new Tensor[] {x, norm, model, losses, dmodel, dx};
  }

  private static RdmOps ops(Trial trial) {
    return trial.device().rdm();
  }
}
