package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Layer mixing, the weighted sum of features, and noise injection. */
class ReweightingContract {
  /** Normalised rows are computed from single precision weights: a few roundings. */
  @TestFactory
  Stream<DynamicTest> mixing() {
    return Trials.of(
        "mixing",
        40,
        trial -> {
          int times = trial.pick("T", 1, 2, 7, 19);
          int blocks = trial.pick("L", 1, 2, 5, 24);
          int window = trial.pick("window", 0, 1, 3, 30);
          double[] ws = weights(trial, times, blocks);
          Tensor weights = trial.tensor("weights", ws, times, blocks);
          Tensor mixing = trial.output("mixing", times, blocks);
          ReweightingOps ops = ops(trial);
          ops.mixing(weights, window, mixing);
          var branch = ReweightingReference.branch(ws, blocks, window);
          double[] expected = ReweightingReference.mixing(ws, blocks, window, branch);
          trial.assertClose(mixing, expected, 1e-6, 1e-7);

          Tensor dmixing = trial.input("dmixing", times, blocks);
          Tensor dweights = trial.input("dweights", times, blocks);
          double[] before = trial.values(dweights);
          ops.mixingBackward(weights, window, mixing, dmixing, dweights);
          trial.assertGradient(
              dweights,
              before,
              ws,
              () -> ReweightingReference.mixing(ws, blocks, window, branch),
              trial.values(dmixing),
              1e-4,
              2e-5);
        });
  }

  /** The published start: all weight on the last block; ties everywhere but there. */
  private static double[] weights(Trial trial, int times, int blocks) {
    String kind = trial.pick("weights", "one-hot", "one-hot", "few values", "any", "any");
    double[] weights = trial.normals(times * blocks);
    for (int i = 0; i < weights.length; i++) {
      switch (kind) {
        case "one-hot" -> weights[i] = i % blocks == blocks - 1 ? 1 : 0;
        case "few values" -> weights[i] = 0.25 * trial.below(3);
        default -> {}
      }
    }
    return weights;
  }

  /** A row of equal weights mixes nothing and passes nothing back. */
  @TestFactory
  Stream<DynamicTest> equalWeights() {
    return Trials.of(
        "mixing of equal weights",
        1,
        trial -> {
          double[] ws = new double[12];
          Arrays.fill(ws, 0.3f);
          Tensor weights = trial.tensor("weights", ws, 3, 4);
          Tensor mixing = trial.output("mixing", 3, 4);
          Tensor dweights = trial.tensor("dweights", new double[12], 3, 4);
          ReweightingOps ops = ops(trial);
          ops.mixing(weights, 0, mixing);
          trial.assertClose(mixing, new double[12], 0, 0);
          ops.mixingBackward(weights, 0, mixing, trial.input("dmixing", 3, 4), dweights);
          trial.assertClose(dweights, new double[12], 0, 0);
        });
  }

  @TestFactory
  Stream<DynamicTest> reweight() {
    return Trials.of(
        "reweight",
        30,
        trial -> {
          int times = trial.pick("T", 1, 2, 7, 40);
          int blocks = trial.pick("L", 1, 3, 24);
          int batch = trial.pick("B", 1, 2, 3, 20);
          int width = trial.pick("K", 1, 5, 16, 66);
          double[] ps = trial.normals(times * blocks);
          double[] as = trial.normals(times);
          Arrays.setAll(ps, i -> trial.percent(30) ? 0 : Math.abs(ps[i]));
          Arrays.setAll(as, i -> trial.percent(20) ? 0 : Math.abs(as[i]));
          double[] fs = trial.normals(blocks * batch * width);
          Tensor mixing = trial.tensor("mixing", ps, times, blocks);
          Tensor richness = trial.tensor("richness", as, times);
          Tensor features = trial.tensor("features", fs, blocks, batch, width);
          Tensor raw = trial.output("raw", times, batch, width);
          ReweightingOps ops = ops(trial);
          ops.reweight(mixing, features, richness, raw);
          boolean[] mixed = ReweightingReference.positive(ps);
          double[] logits = ReweightingReference.logits(ps, mixed, fs, as);
          boolean[] open = ReweightingReference.positive(trial.values(raw));
          // Where rounding opened or closed a ReLU, the logit is as small as rounding is.
          trial.assertClose(raw, ReweightingReference.masked(logits, open), 1e-5, 1e-5);
          for (int i = 0; i < open.length; i++) {
            assertTrue(open[i] == logits[i] > 0 || Math.abs(logits[i]) < 1e-5, "ReLU at " + i);
          }

          Tensor draw = trial.input("draw", times, batch, width);
          Tensor dmixing = trial.output("dmixing", times, blocks);
          boolean wanted = trial.flag("dfeatures");
          Tensor dfeatures = wanted ? trial.output("dfeatures", blocks, batch, width) : null;
          ops.reweightBackward(mixing, features, richness, raw, draw, dmixing, dfeatures);
          double[] doutput = ReweightingReference.masked(trial.values(draw), open);
          trial.assertGradient(
              dmixing,
              null,
              ps,
              () -> ReweightingReference.logits(ps, mixed, fs, as),
              doutput,
              1e-5,
              1e-4);
          if (wanted) {
            trial.assertGradient(
                dfeatures,
                null,
                fs,
                () -> ReweightingReference.logits(ps, mixed, fs, as),
                doutput,
                1e-5,
                1e-4);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> inject() {
    return Trials.of(
        "inject",
        40,
        trial -> {
          int times = trial.pick("T", 1, 2, 7);
          int batch = trial.pick("B", 1, 2, 3, 20);
          int width = trial.pick("K", 1, 5, 16, 66);
          int size = times * batch * width;
          String kind = trial.pick("noise", "none", "given", "given", "given with deviation");
          double[] raws = raw(trial, times, batch, width);
          double[] betas = courses(trial, times);
          double[] levels = courses(trial, times);
          double[] normals = trial.normals(size);
          Tensor raw = trial.tensor("raw", raws, times, batch, width);
          Tensor beta = trial.tensor("generalization", betas, times);
          Tensor level = trial.tensor("level", levels, times);
          Tensor normal = trial.tensor("normal", normals, times, batch, width);
          Tensor floor = trial.input("floor", times, batch, width);
          double[] given = trial.normals(times * width);
          boolean isGiven = kind.equals("given with deviation");
          Tensor deviation =
              isGiven
                  ? trial.tensor("deviation", given, times, width)
                  : trial.output("deviation", times, width);
          Noise noise =
              switch (kind) {
                case "none" -> Noise.none();
                case "given" -> Noise.given(normal, floor);
                default -> Noise.givenWithDeviation(normal, floor);
              };
          if (batch == 1 && kind.equals("given")) {
            return; // has no deviation
          }
          Tensor out = trial.output("out", times, batch, width);
          ReweightingOps ops = ops(trial);
          ops.inject(raw, beta, level, noise, deviation, out);
          double[] sd = isGiven ? given : ReweightingReference.deviation(raws, times, width);
          if (batch > 1 || isGiven) {
            trial.assertClose(deviation, sd, 1e-6, 0);
          }
          double[] epsilon = noise.isNoisy() ? normals : null;
          double[] argument = ReweightingReference.argument(raws, betas, levels, epsilon, sd);
          boolean[] open = ReweightingReference.positive(argument);
          double[] expected = ReweightingReference.masked(argument, open);
          double[] floors = trial.values(floor);
          for (int i = 0; i < size; i++) {
            expected[i] += noise.isNoisy() ? floors[i] : Noise.MEAN_FLOOR;
          }
          trial.assertClose(out, expected, 1e-6, 2e-6);

          Tensor dout = trial.input("dout", times, batch, width);
          double[] doutput = ReweightingReference.masked(trial.values(dout), open);
          Tensor draw = trial.flag("in place") ? dout : trial.output("draw", times, batch, width);
          ops.injectBackward(raw, beta, level, noise, deviation, dout, draw);
          boolean[] spread = ReweightingReference.positive(sd);
          trial.assertGradient(
              draw,
              null,
              raws,
              () ->
                  ReweightingReference.argument(
                      raws,
                      betas,
                      levels,
                      epsilon,
                      isGiven || batch == 1
                          ? sd
                          : ReweightingReference.masked(
                              ReweightingReference.deviation(raws, times, width), spread)),
              doutput,
              1e-5,
              2e-5);
        });
  }

  /** Rectified values; some dimensions have the same value, or 0, for all images. */
  private static double[] raw(Trial trial, int times, int batch, int width) {
    double[] raw = trial.normals(times * batch * width);
    for (int t = 0; t < times; t++) {
      for (int k = 0; k < width; k++) {
        double shared = trial.percent(50) ? 0 : 0.7f;
        boolean same = trial.percent(20);
        for (int b = 0; b < batch; b++) {
          int at = (t * batch + b) * width + k;
          raw[at] = same ? shared : Math.max(0, raw[at]);
        }
      }
    }
    return raw;
  }

  private static double[] courses(Trial trial, int times) {
    double[] values = trial.normals(times);
    Arrays.setAll(values, i -> trial.percent(20) ? 0 : Math.abs(values[i]));
    return values;
  }

  /** Draws in the operation are those of the host, element by element, and the same in backward. */
  @TestFactory
  Stream<DynamicTest> drawnNoise() {
    return Trials.of(
        "drawn noise",
        12,
        trial -> {
          int times = trial.pick("T", 1, 2, 5);
          int batch = trial.pick("B", 2, 3, 21, 50);
          int width = trial.pick("K", 1, 3, 16, 66);
          int size = times * batch * width;
          PhiloxKey one = new PhiloxKey(trial.pick("seed", 5L, -1L, 0x0123456789abcdefL), 3, 70000);
          PhiloxKey two = new PhiloxKey(one.seed() + 1, 4, -2);
          Tensor key = key(trial.device(), one, two);
          Tensor normal = trial.output("normal", times, batch, width);
          Tensor floor = trial.output("floor", times, batch, width);
          float[] normals = new float[size];
          float[] floors = new float[size];
          for (int i = 0; i < size; i++) {
            normals[i] = (float) Philox.normal(one, i);
            floors[i] =
                Noise.LOWEST_FLOOR
                    + (Noise.HIGHEST_FLOOR - Noise.LOWEST_FLOOR)
                        * Philox.toUniform(Philox.bits(two, i));
          }
          trial.device().write(normal, normals, 0);
          trial.device().write(floor, floors, 0);
          Tensor raw = trial.tensor("raw", raw(trial, times, batch, width), times, batch, width);
          Tensor beta = trial.tensor("beta", courses(trial, times), times);
          Tensor level = trial.tensor("level", courses(trial, times), times);
          Tensor zeros = trial.tensor("zeros", new double[times], times);
          Tensor deviation = trial.output("deviation", times, width);
          Tensor out = trial.output("out", times, batch, width);
          Tensor expected = trial.output("expected", times, batch, width);
          ReweightingOps ops = ops(trial);
          ops.inject(raw, zeros, level, Noise.drawn(key), deviation, out);
          assertArrayEquals(floors, trial.device().toArray(out));

          ops.inject(raw, beta, level, Noise.given(normal, floor), deviation, expected);
          ops.inject(raw, beta, level, Noise.drawn(key), deviation, out);
          // Normals differ by 2e-7, times level and deviation of up to a few.
          trial.assertClose(out, trial.values(expected), 1e-6, 2e-6);

          Tensor dout = trial.input("dout", times, batch, width);
          ops.injectBackward(
              raw, beta, level, Noise.given(normal, floor), deviation, dout, expected);
          ops.injectBackward(raw, beta, level, Noise.drawn(key), deviation, dout, out);
          trial.assertClose(out, trial.values(expected), 1e-5, 1e-5);
        });
  }

  private static Tensor key(Device device, PhiloxKey normal, PhiloxKey floor) {
    Tensor key = device.allocate("key", DType.I32, Shape.of(8));
    int[] words = {
      (int) normal.seed(),
      (int) (normal.seed() >>> 32),
      normal.stream(),
      normal.step(),
      (int) floor.seed(),
      (int) (floor.seed() >>> 32),
      floor.stream(),
      floor.step()
    };
    device.write(key, words, 0);
    return key;
  }

  @TestFactory
  Stream<DynamicTest> shapes() {
    return Trials.of(
        "reweighting of what does not fit",
        1,
        trial -> {
          ReweightingOps ops = ops(trial);
          Tensor mixing = trial.input("mixing", 4, 3);
          Tensor features = trial.input("features", 2, 5, 6);
          Tensor richness = trial.input("richness", 4);
          Tensor raw = trial.input("raw", 4, 5, 6);
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> ops.reweight(mixing, features, richness, raw))
                  .getMessage();
          assertTrue(message.contains("[4, 3]") && message.contains("[4, 5, 6]"), message);
          Tensor deviation = trial.input("deviation", 4, 6);
          assertThrows(
              IllegalArgumentException.class,
              () -> ops.inject(raw, richness, mixing, Noise.none(), deviation, raw));
          assertEquals(4, raw.shape().dim(0));
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "reweighting on any number of threads",
        1,
        trial -> {
          ops(trial);
          Threads.assertSameBits(
              trial,
              device -> {
                ReweightingOps ops = device.reweighting();
                Tensor weights = Threads.input(device, 1, 13, 5);
                Tensor features = Threads.input(device, 2, 5, 21, 66);
                Tensor mixing = Threads.input(device, 3, 13, 5);
                Tensor beta = Threads.input(device, 4, 13);
                Tensor raw = Threads.input(device, 5, 13, 21, 66);
                Tensor out = Threads.input(device, 6, 13, 21, 66);
                Tensor deviation = Threads.input(device, 7, 13, 66);
                Tensor dmixing = Threads.input(device, 8, 13, 5);
                Tensor dfeatures = Threads.input(device, 9, 5, 21, 66);
                Tensor key = key(device, new PhiloxKey(1, 2, 3), new PhiloxKey(4, 5, 6));
                Noise noise = Noise.drawn(key);
                ops.mixing(weights, 3, mixing);
                ops.reweight(mixing, features, beta, raw);
                ops.inject(raw, beta, beta, noise, deviation, out);
                ops.injectBackward(raw, beta, beta, noise, deviation, out, out);
                ops.reweightBackward(mixing, features, beta, raw, out, dmixing, dfeatures);
                ops.mixingBackward(weights, 3, mixing, dmixing, weights);
                return new Tensor[] {raw, out, deviation, dmixing, dfeatures, weights};
              });
        });
  }

  private static ReweightingOps ops(Trial trial) {
    return trial.device().reweighting();
  }
}
