package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Attention on BF16 tensors against {@link AttentionReference}, and what must hold bit by bit. */
class AttentionBf16Contract {
  /** Any head size, strides and alignment. */
  @TestFactory
  Stream<DynamicTest> anyRows() {
    return Trials.of(
        "bf16 attention",
        16,
        trial -> {
          if (serves(trial)) {
            AttentionShape shape = draw(trial, trial.size("d", 1, 136), 70);
            check(new Case(trial, shape, trial.size("before", 0, 9), 1));
          }
        });
  }

  /** Bfloat16Rows that tensor cores can take, from one token to several tiles. */
  @TestFactory
  Stream<DynamicTest> alignedRows() {
    return Trials.of(
        "bf16 attention, aligned",
        24,
        trial -> {
          if (serves(trial)) {
            int headSize = trial.pick("d", 8, 16, 32, 48, 64, 80, 88, 96, 104, 128);
            AttentionShape shape = draw(trial, headSize, trial.pick("maximum", 20, 90, 200));
            check(new Case(trial, shape, 8, 1));
          }
        });
  }

  /** Images of 257 tokens, also where only the class token asks, and texts of 77. */
  @TestFactory
  Stream<DynamicTest> modelShapes() {
    AttentionShape[] shapes = {
      new AttentionShape(1, 2, 257, 257, 64, false),
      new AttentionShape(3, 2, 1, 257, 64, false),
      new AttentionShape(1, 1, 257, 257, 80, false),
      new AttentionShape(2, 2, 77, 77, 64, true),
      new AttentionShape(1, 3, 50, 50, 64, false),
    };
    return Stream.of(shapes)
        .flatMap(
            shape ->
                Trials.of(
                    "bf16 attention of %d x %d, d %d"
                        .formatted(shape.queries(), shape.keys(), shape.headSize()),
                    1,
                    trial -> {
                      if (serves(trial)) {
                        check(new Case(trial, shape, 0, 1));
                      }
                    }));
  }

  /** The maximum grows along the row, by more than a kernel may put off following it. */
  @TestFactory
  Stream<DynamicTest> largeScores() {
    return Trials.of(
        "bf16 attention with large scores",
        4,
        trial -> {
          if (serves(trial)) {
            AttentionShape shape = draw(trial, trial.pick("d", 24, 64, 128), 150);
            check(new Case(trial, shape, trial.pick("before", 3, 8), 40));
          }
        });
  }

  /** Keys that a query must not see change nothing of its row; keys that it sees do. */
  @TestFactory
  Stream<DynamicTest> causalRowsIgnoreLaterKeys() {
    return Trials.of(
        "bf16 attention of a prefix",
        12,
        trial -> {
          if (!serves(trial)) {
            return;
          }
          int tokens = trial.size("tokens", 2, 130);
          int changed = trial.size("changed", 0, tokens - 1);
          AttentionShape shape =
              new AttentionShape(1, 2, tokens, tokens, trial.pick("d", 40, 64, 80), true);
          Case first = new Case(trial, shape, trial.pick("before", 8, 5), 1);
          first.forward();
          float[] before = first.out.values();
          double[] value = first.v.doubles();
          int width = shape.width();
          for (int i = 0; i < width; i++) {
            value[changed * width + i] += 3;
          }
          first.v.write(value);
          first.forward();
          float[] after = first.out.values();
          int kept = changed * width;
          assertArrayEquals(Arrays.copyOf(before, kept), Arrays.copyOf(after, kept));
          for (int i = kept; i < kept + width; i++) {
            assertTrue(after[i] > before[i], "row " + changed + " does not see its own key");
          }
        });
  }

  /** Two runs give the same bits, and each gradient does not depend on which others are wanted. */
  @TestFactory
  Stream<DynamicTest> gradientsOneByOne() {
    return Trials.of(
        "bf16 attention, gradients one by one",
        4,
        trial -> {
          if (!serves(trial)) {
            return;
          }
          AttentionShape shape = draw(trial, trial.pick("d", 20, 64), 90);
          Case all = new Case(trial, shape, 8, 1);
          all.forward();
          all.backward(true, true, true);
          float[][] together = {all.dq.values(), all.dk.values(), all.dv.values()};
          for (int wanted = 0; wanted < 3; wanted++) {
            all.dq.poison();
            all.dk.poison();
            all.dv.poison();
            all.backward(wanted == 0, wanted == 1, wanted == 2);
            Bfloat16Rows[] gradients = {all.dq, all.dk, all.dv};
            for (int i = 0; i < 3; i++) {
              float[] values = gradients[i].values();
              if (i == wanted) {
                assertArrayEquals(together[i], values);
              } else {
                assertTrue(Float.isNaN(values[0]), "a gradient was written that nobody wanted");
              }
            }
          }
        });
  }

  /** A device without BF16 must say so. */
  private static boolean serves(Trial trial) {
    Device device = trial.device();
    if (Bfloat16.isServed(device)) {
      return true;
    }
    assertThrows(
        IllegalArgumentException.class, () -> device.allocate("q", DType.BF16, Shape.of(2, 2)));
    return false;
  }

  private static AttentionShape draw(Trial trial, int headSize, int maximum) {
    int batch = trial.size("batch", 1, 2);
    int heads = trial.size("heads", 1, 3);
    int keys = trial.size("keys", 1, maximum);
    boolean causal = trial.flag("causal");
    int queries = causal ? keys : trial.pick("queries", 1, keys, 1 + keys / 2, 2 * keys);
    return new AttentionShape(batch, heads, queries, keys, headSize, causal);
  }

  private static void check(Case test) {
    test.forward();
    AttentionReference reference =
        new AttentionReference(test.shape, test.q.doubles(), test.k.doubles(), test.v.doubles());
    AttentionReference.Expected lse = reference.logSumExp();
    Trial trial = test.trial;
    double[] lseOfDevice = trial.values(test.logSumExp);
    assertClose("logSumExp", lseOfDevice, lse);
    double[] out = test.out.doubles();
    assertClose("out", out, reference.out(lse.values()));
    test.backward(true, true, true);
    double[] dout = test.dout.doubles();
    assertClose("delta", trial.values(test.delta), reference.delta(out, dout));
    AttentionReference.Expected[] gradients = reference.gradients(out, lseOfDevice, dout);
    assertClose("dq", test.dq.doubles(), gradients[0]);
    assertClose("dk", test.dk.doubles(), gradients[1]);
    assertClose("dv", test.dv.doubles(), gradients[2]);
    for (Bfloat16Rows rows : new Bfloat16Rows[] {test.out, test.dq, test.dk, test.dv}) {
      rows.assertGapsUntouched();
    }
  }

  private static void assertClose(
      String name, double[] actual, AttentionReference.Expected expected) {
    assertEquals(expected.values().length, actual.length);
    for (int i = 0; i < actual.length; i++) {
      double error = Math.abs(actual[i] - expected.values()[i]);
      int at = i;
      assertTrue(
          error <= expected.bounds()[i],
          () ->
              "%s[%d] is %.9g, expected %.9g, error %.3g exceeds %.3g"
                  .formatted(
                      name, at, actual[at], expected.values()[at], error, expected.bounds()[at]));
    }
  }

  /**
   * All tensors of one call; each has {@code before} columns of NaN on its left, 16 on its right.
   */
  private static final class Case {
    private final Trial trial;
    private final AttentionShape shape;
    private final Bfloat16Rows q;
    private final Bfloat16Rows k;
    private final Bfloat16Rows v;
    private final Bfloat16Rows out;
    private final Bfloat16Rows dout;
    private final Bfloat16Rows dq;
    private final Bfloat16Rows dk;
    private final Bfloat16Rows dv;
    private final Tensor logSumExp;
    private final Tensor delta;

    private Case(Trial trial, AttentionShape shape, int before, double factor) {
      this.trial = trial;
      this.shape = shape;
      int queries = shape.batch() * shape.queries();
      int keys = shape.batch() * shape.keys();
      q = new Bfloat16Rows(trial, "q", queries, shape.width(), before).random(factor);
      k = new Bfloat16Rows(trial, "k", keys, shape.width(), before).random(1);
      v = new Bfloat16Rows(trial, "v", keys, shape.width(), before).random(1);
      dout = new Bfloat16Rows(trial, "dout", queries, shape.width(), before).random(1);
      out = new Bfloat16Rows(trial, "out", queries, shape.width(), before);
      dq = new Bfloat16Rows(trial, "dq", queries, shape.width(), before);
      dk = new Bfloat16Rows(trial, "dk", keys, shape.width(), before);
      dv = new Bfloat16Rows(trial, "dv", keys, shape.width(), before);
      logSumExp = trial.output("logSumExp", shape.batch(), shape.heads(), shape.queries());
      delta = trial.output("delta", shape.batch(), shape.heads(), shape.queries());
    }

    private void forward() {
      AttentionOps attention = trial.device().attention();
      attention.forward(shape, q.view, k.view, v.view, out.view, null);
      float[] inference = out.values();
      out.poison();
      attention.forward(shape, q.view, k.view, v.view, out.view, logSumExp);
      assertArrayEquals(inference, out.values());
      assertFalse(Float.isNaN(inference[0]));
    }

    private void backward(boolean wantsDq, boolean wantsDk, boolean wantsDv) {
      trial
          .device()
          .attention()
          .backward(
              shape,
              q.view,
              k.view,
              v.view,
              out.view,
              logSumExp,
              dout.view,
              delta,
              wantsDq ? dq.view : null,
              wantsDk ? dk.view : null,
              wantsDv ? dv.view : null);
    }
  }
}
