package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Patches, positions, tokens and rows by index. */
class EmbeddingContract {
  @TestFactory
  Stream<DynamicTest> patches() {
    return Trials.of(
        "patches",
        12,
        trial -> {
          int batch = trial.size("B", 1, 4);
          int channels = trial.pick("C", 1, 3);
          int patch = trial.pick("p", 1, 2, 7, 14);
          int down = trial.size("down", 1, 4);
          int across = trial.size("across", 1, 4);
          Tensor pixels = trial.anyInput("pixels", batch, channels, down * patch, across * patch);
          int rows = batch * down * across;
          int width = channels * patch * patch;
          Tensor columns = trial.anyOutput("columns", rows, width);
          double[] values = trial.values(pixels);
          double[] expected = new double[values.length];
          for (int i = 0; i < expected.length; i++) {
            int x = i % patch;
            int y = i / patch % patch;
            int channel = i / (patch * patch) % channels;
            int column = i / width % across;
            int row = i / width / across % down;
            int image = i / width / across / down;
            int line = (image * channels + channel) * down * patch + row * patch + y;
            expected[i] = values[line * across * patch + column * patch + x];
          }
          EmbeddingOps embedding = trial.device().embedding();
          embedding.patches(pixels, patch, columns);
          trial.assertClose(columns, expected, 0, 0);
          Tensor back = trial.anyOutput("dpixels", batch, channels, down * patch, across * patch);
          embedding.patchesBackward(columns, patch, back);
          trial.assertClose(back, values, 0, 0);
        });
  }

  /**
   * Columns and rows in BF16 are the F32 ones, rounded; copies between BF16 rows keep their bits.
   */
  @TestFactory
  Stream<DynamicTest> bfloat16Rows() {
    return Trials.of(
        "patches and rows in BF16",
        10,
        trial -> {
          if (!Bfloat16.isServed(trial.device())) {
            return;
          }
          EmbeddingOps embedding = trial.device().embedding();
          int patch = trial.pick("p", 1, 2, 7, 14, 16);
          int side = patch * trial.size("patches", 1, 3);
          int width = 3 * patch * patch;
          Tensor pixels = trial.anyInput("pixels", 2, 3, side, side);
          int rows = 2 * (side / patch) * (side / patch);
          Tensor columns = trial.output("columns", rows, width);
          embedding.patches(pixels, patch, columns);
          int before = trial.pick("columns before", 0, 4, 5);
          Tensor whole = Bfloat16.output(trial, "whole", rows, before + width + 4);
          Tensor half = whole.columnRange(before, width);
          embedding.patches(pixels, patch, half);
          double[] rounded = Trial.doubles(Bfloat16.rounded(Trial.floats(trial.values(columns))));
          assertBits(trial, rounded, half);
          Tensor back = trial.anyOutput("dpixels", 2, 3, side, side);
          embedding.patchesBackward(half, patch, back);
          Tensor again = trial.output("columns again", rows, width);
          embedding.patches(back, patch, again);
          trial.assertClose(again, rounded, 0, 0);

          int chosen = trial.size("chosen", 1, 20);
          Tensor index = trial.indices("index", rows, chosen);
          int[] indices = new int[chosen];
          trial.device().read(index, indices, 0);
          Tensor y = Bfloat16.output(trial, "y", chosen, width);
          embedding.gatherRows(half, index, y);
          assertBits(trial, gathered(rounded, indices, width), y);
          assertThrows(
              IllegalArgumentException.class,
              () -> embedding.gatherRows(half, index, trial.output("floats", chosen, width)));
          for (float value :
              Bfloat16.values(trial.device(), whole.columnRange(before + width, 4))) {
            assertTrue(Float.isNaN(value), "the gap was written");
          }
        });
  }

  private static void assertBits(Trial trial, double[] expected, Tensor half) {
    assertArrayEquals(Trial.floats(expected), Bfloat16.values(trial.device(), half));
  }

  /**
   * Sums by index with up to thousands of rows for one id, as padding has: of small whole numbers,
   * so that every order of adding gives the same.
   */
  @TestFactory
  Stream<DynamicTest> manyRowsOfFewIds() {
    return Trials.of(
        "many rows of few ids",
        10,
        trial -> {
          int count = trial.pick("rows", 63, 64, 65, 192, 1023, 1024, 1025, 2048, 3000, 9001);
          int ids = trial.pick("ids", 1, 2, 7, 500, 5000);
          int often = trial.pick("percent of one id", 0, 50, 80, 100);
          int width = trial.pick("D", 1, 5, 36, 132);
          int common = trial.size("common id", 0, ids - 1);
          int[] index = new int[count];
          double[] expected = new double[ids * width];
          double[] values = new double[count * width];
          for (int r = 0; r < count; r++) {
            index[r] = trial.percent(often) ? common : trial.below(ids);
            for (int c = 0; c < width; c++) {
              values[r * width + c] = trial.below(17) - 8;
              expected[index[r] * width + c] += values[r * width + c];
            }
          }
          Tensor from = trial.anyOutput("from", count, width);
          trial.device().write(from, Trial.floats(values), 0);
          Tensor to = trial.anyOutput("to", ids, width);
          trial.device().elementwise().fill(1, to);
          Tensor chosen = trial.device().allocate("index", DType.I32, Shape.of(count));
          trial.device().write(chosen, index, 0);
          trial.device().embedding().scatterAddRows(from, chosen, to);
          for (int i = 0; i < expected.length; i++) {
            expected[i]++;
          }
          trial.assertClose(to, expected, 0, 0);
        });
  }

  @TestFactory
  Stream<DynamicTest> positions() {
    return Trials.of(
        "positions",
        12,
        trial -> {
          int batch = trial.size("B", 1, 9);
          int tokens = trial.size("T", 1, 60);
          int width = width(trial);
          Tensor x = trial.anyInput("x", batch, tokens, width);
          Tensor classToken = trial.input("classToken", width);
          Tensor positions = trial.anyInput("positions", tokens, width);
          double[] xs = trial.values(x);
          double[] c = trial.values(classToken);
          double[] p = trial.values(positions);
          trial.device().embedding().addPositions(classToken, positions, x);
          trial.assertClose(x, withPositions(xs, c, p), 1e-6, 1e-7);

          Tensor dx = trial.anyInput("dx", batch, tokens, width);
          double[] doutput = trial.values(dx);
          Tensor dclassToken = trial.flag("dclassToken") ? trial.input("dclassToken", width) : null;
          Tensor dpositions =
              trial.flag("dpositions") ? trial.anyInput("dpositions", tokens, width) : null;
          double[] cBefore = dclassToken == null ? null : trial.values(dclassToken);
          double[] pBefore = dpositions == null ? null : trial.values(dpositions);
          trial.device().embedding().addPositionsBackward(dx, dclassToken, dpositions);
          if (dclassToken != null) {
            trial.assertGradient(
                dclassToken, cBefore, c, () -> withPositions(xs, c, p), doutput, 1e-5, 1e-5);
          }
          if (dpositions != null) {
            trial.assertGradient(
                dpositions, pBefore, p, () -> withPositions(xs, c, p), doutput, 1e-5, 1e-5);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> tokens() {
    return Trials.of(
        "tokens",
        12,
        trial -> {
          int batch = trial.size("N", 1, 9);
          int length = trial.size("T", 1, 40);
          int vocabulary = trial.size("V", 1, 50);
          int width = width(trial);
          int spare = trial.size("spare positions", 0, 5);
          Tensor ids = trial.indices("ids", vocabulary, batch, length);
          Tensor table = trial.anyInput("table", vocabulary, width);
          Tensor positions = trial.anyInput("positions", length + spare, width);
          Tensor x = trial.anyOutput("x", batch, length, width);
          int[] chosen = new int[batch * length];
          trial.device().read(ids, chosen, 0);
          double[] t = trial.values(table);
          double[] p = trial.values(positions);
          EmbeddingOps embedding = trial.device().embedding();
          embedding.tokens(ids, table, positions, x);
          trial.assertClose(x, embedded(chosen, t, p, length, width), 1e-6, 1e-7);

          Tensor dx = trial.anyInput("dx", batch, length, width);
          double[] doutput = trial.values(dx);
          Tensor dtable = trial.flag("dtable") ? trial.anyInput("dt", vocabulary, width) : null;
          Tensor dpositions =
              trial.flag("dpositions") ? trial.anyInput("dp", length + spare, width) : null;
          double[] tBefore = dtable == null ? null : trial.values(dtable);
          double[] pBefore = dpositions == null ? null : trial.values(dpositions);
          embedding.tokensBackward(ids, dx, dtable, dpositions);
          if (dtable != null) {
            double near = 1e-6 * (batch * length + 10);
            trial.assertGradient(
                dtable,
                tBefore,
                t,
                () -> embedded(chosen, t, p, length, width),
                doutput,
                1e-5,
                near);
          }
          if (dpositions != null) {
            trial.assertGradient(
                dpositions,
                pBefore,
                p,
                () -> embedded(chosen, t, p, length, width),
                doutput,
                1e-5,
                1e-5);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> rowsByIndex() {
    return Trials.of(
        "rows by index",
        12,
        trial -> {
          int rows = trial.size("rows", 1, 80);
          int chosen = trial.size("chosen", 1, 120);
          int width = width(trial);
          Tensor x = trial.anyInput("x", rows, width);
          Tensor index = trial.indices("index", rows, chosen);
          Tensor y = trial.anyOutput("y", chosen, width);
          int[] indices = new int[chosen];
          trial.device().read(index, indices, 0);
          double[] xs = trial.values(x);
          EmbeddingOps embedding = trial.device().embedding();
          embedding.gatherRows(x, index, y);
          trial.assertClose(y, gathered(xs, indices, width), 0, 0);
          Tensor dy = trial.anyInput("dy", chosen, width);
          Tensor dx = trial.anyInput("dx", rows, width);
          double[] before = trial.values(dx);
          embedding.scatterAddRows(dy, index, dx);
          double near = 1e-6 * (chosen + 10);
          trial.assertGradient(
              dx, before, xs, () -> gathered(xs, indices, width), trial.values(dy), 1e-5, near);
        });
  }

  @TestFactory
  Stream<DynamicTest> idsOutsideTheTable() {
    return Trials.of(
        "ids outside the table",
        1,
        trial -> {
          Tensor x = trial.input("stream", 4, 3);
          Tensor y = trial.output("y", 2, 3);
          Tensor index = trial.indices("choice", 4, 2);
          trial.device().write(index, new int[] {0, 4}, 0);
          String message =
              assertThrows(
                      IllegalArgumentException.class,
                      () -> trial.device().embedding().gatherRows(x, index, y))
                  .getMessage();
          assertTrue(message.contains("choice [2]") && message.contains("stream [4, 3]"), message);
          assertTrue(message.contains("element 1 is 4, expected 0..3"), message);
          Tensor pixels = trial.input("pixels", 1, 3, 28, 30);
          Tensor columns = trial.output("columns", 4, 588);
          assertThrows(
              IllegalArgumentException.class,
              () -> trial.device().embedding().patches(pixels, 14, columns));
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    Function<Device, Tensor[]> computation =
        device -> {
          Tensor dx = Threads.input(device, 1, 50, 31, 130);
          Tensor dtable = Threads.input(device, 2, 70, 130);
          Tensor dpositions = Threads.input(device, 3, 31, 130);
          Tensor dclass = Threads.input(device, 4, 130);
          Tensor ids = device.allocate("ids", DType.I32, Shape.of(50, 31));
          int[] values = new int[50 * 31];
          for (int i = 0; i < values.length; i++) {
            values[i] = i * i % 70;
          }
          device.write(ids, values, 0);
          device.embedding().tokensBackward(ids, dx, dtable, dpositions);
          device.embedding().addPositionsBackward(dx, dclass, dpositions);
          return new Tensor[] {dtable, dpositions, dclass};
        };
    return Trials.of(
        "embedding gradients on any number of threads",
        1,
        trial -> Threads.assertSameBits(trial, computation));
  }

  private static int width(Trial trial) {
    return trial.pick("D", 1, 5, 32, 33, 130);
  }

  private static double[] withPositions(double[] x, double[] classToken, double[] positions) {
    int width = classToken.length;
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      int within = i % positions.length;
      y[i] = (within < width ? classToken[within] : x[i]) + positions[within];
    }
    return y;
  }

  private static double[] embedded(
      int[] ids, double[] table, double[] positions, int length, int width) {
    double[] y = new double[ids.length * width];
    for (int i = 0; i < y.length; i++) {
      int id = ids[i / width];
      y[i] = table[id * width + i % width] + positions[i % (length * width)];
    }
    return y;
  }

  private static double[] gathered(double[] x, int[] index, int width) {
    double[] y = new double[index.length * width];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[index[i / width] * width + i % width];
    }
    return y;
  }
}
