package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Attention and its gradients on every device present. */
class AttentionContract {
  @TestFactory
  Stream<DynamicTest> smallHeads() {
    return Trials.of(
        "attention", 16, trial -> check(trial, draw(trial, trial.size("d", 1, 40), 50)));
  }

  /** The shapes of published models: head size 64 or 80, up to 257 tokens. */
  @TestFactory
  Stream<DynamicTest> modelShapes() {
    return Trials.of(
        "attention of models",
        6,
        trial -> check(trial, draw(trial, trial.pick("d", 64, 80, 128), 257)));
  }

  /** Scores far from 0 must neither overflow nor lose the largest. */
  @TestFactory
  Stream<DynamicTest> largeScores() {
    return Trials.of(
        "attention with large scores",
        4,
        trial -> {
          AttentionShape shape = draw(trial, 16, 40);
          int width = shape.width();
          double[] q = trial.normals(shape.batch() * shape.queries() * width);
          double[] k = trial.normals(shape.batch() * shape.keys() * width);
          double[] v = trial.normals(shape.batch() * shape.keys() * width);
          for (int i = 0; i < q.length; i++) {
            q[i] *= 64;
          }
          Tensor out = trial.output("out", shape.batch() * shape.queries(), width);
          trial
              .device()
              .attention()
              .forward(
                  shape,
                  trial.tensor("q", q, shape.batch() * shape.queries(), width),
                  trial.tensor("k", k, shape.batch() * shape.keys(), width),
                  trial.tensor("v", v, shape.batch() * shape.keys(), width),
                  out,
                  null);
          // A score of 300 is known to 2e-5 in f32, and so is its exponential relatively.
          trial.assertClose(out, forward(shape, q, k, v, null), 0, 5e-4);
        });
  }

  /**
   * Finite scores of 1e10 and more, whose rounding alone is in the hundreds: the largest takes all,
   * and nothing becomes NaN, gradients included.
   */
  @TestFactory
  Stream<DynamicTest> hugeScores() {
    return Trials.of(
        "attention with huge scores",
        4,
        trial -> {
          // Of these head sizes, roots are no powers of two: scaled scores are rounded.
          AttentionShape shape = draw(trial, trial.pick("d", 24, 40), 70);
          int width = shape.width();
          int rows = shape.batch() * shape.queries();
          int keyRows = shape.batch() * shape.keys();
          double[] q = trial.normals(rows * width);
          double[] k = trial.normals(keyRows * width);
          double[] v = trial.normals(keyRows * width);
          // Each key is a multiple of one direction, and so are queries: scores are whole numbers
          // of
          // times 2^35, which f32 holds.
          for (int i = 0; i < q.length; i++) {
            q[i] = 1 << 18;
          }
          for (int row = 0; row < keyRows; row++) {
            // An order that is not ascending, without ties.
            int place = row % shape.keys() * 37 % 71;
            Arrays.fill(k, row * width, (row + 1) * width, (double) (1 << 17) * place);
          }
          Tensor query = trial.tensor("q", q, rows, width);
          Tensor key = trial.tensor("k", k, keyRows, width);
          Tensor value = trial.tensor("v", v, keyRows, width);
          Tensor out = trial.output("out", rows, width);
          Tensor logSumExp =
              trial.output("logSumExp", shape.batch(), shape.heads(), shape.queries());
          AttentionOps attention = trial.device().attention();
          attention.forward(shape, query, key, value, out, logSumExp);
          double[] expected = new double[(int) logSumExp.size()];
          trial.assertClose(out, forward(shape, q, k, v, expected), 0, 1e-6);
          trial.assertClose(logSumExp, expected, 1e-6, 1e-6);

          Tensor dout = trial.gappedInput("dout", rows, width);
          Tensor delta = trial.output("delta", shape.batch(), shape.heads(), shape.queries());
          Tensor dq = trial.output("dq", rows, width);
          Tensor dk = trial.output("dk", keyRows, width);
          Tensor dv = trial.output("dv", keyRows, width);
          attention.backward(shape, query, key, value, out, logSumExp, dout, delta, dq, dk, dv);
          for (Tensor gradient : new Tensor[] {dq, dk, dv}) {
            for (double found : trial.values(gradient)) {
              assertTrue(Double.isFinite(found), gradient.name() + " holds " + found);
            }
          }
        });
  }

  private static AttentionShape draw(Trial trial, int headSize, int maximum) {
    int batch = trial.size("batch", 1, 3);
    int heads = trial.size("heads", 1, 3);
    int keys = trial.size("keys", 1, maximum);
    boolean causal = trial.flag("causal");
    int queries = causal ? keys : trial.pick("queries", 1, keys, 1 + keys / 2);
    return new AttentionShape(batch, heads, queries, keys, headSize, causal);
  }

  private static void check(Trial trial, AttentionShape shape) {
    int rows = shape.batch() * shape.queries();
    int keyRows = shape.batch() * shape.keys();
    int width = shape.width();
    Tensor q = trial.gappedInput("q", rows, width);
    Tensor k = trial.gappedInput("k", keyRows, width);
    Tensor v = trial.gappedInput("v", keyRows, width);
    Tensor out = trial.gappedOutput("out", rows, width);
    Tensor logSumExp = trial.output("logSumExp", shape.batch(), shape.heads(), shape.queries());
    AttentionOps attention = trial.device().attention();
    attention.forward(shape, q, k, v, out, logSumExp);
    double[] qs = trial.values(q);
    double[] ks = trial.values(k);
    double[] vs = trial.values(v);
    double[] expectedLogSumExp = new double[(int) logSumExp.size()];
    trial.assertClose(out, forward(shape, qs, ks, vs, expectedLogSumExp), 2e-6, 2e-6);
    trial.assertClose(logSumExp, expectedLogSumExp, 1e-6, 2e-6);
    Tensor inference = trial.gappedOutput("out in inference", rows, width);
    attention.forward(shape, q, k, v, inference, null);
    trial.assertClose(inference, trial.values(out), 0, 0);

    Tensor dout = trial.gappedInput("dout", rows, width);
    Tensor delta = trial.output("delta", shape.batch(), shape.heads(), shape.queries());
    Tensor dq = trial.flag("dq") ? trial.gappedOutput("dq", rows, width) : null;
    Tensor dk = trial.flag("dk") ? trial.gappedOutput("dk", keyRows, width) : null;
    Tensor dv = trial.flag("dv") ? trial.gappedOutput("dv", keyRows, width) : null;
    attention.backward(shape, q, k, v, out, logSumExp, dout, delta, dq, dk, dv);
    Supplier<double[]> forward = () -> forward(shape, qs, ks, vs, null);
    double[] douts = trial.values(dout);
    double absolute = 3e-6 * Math.sqrt(shape.headSize() + shape.queries());
    if (dq != null) {
      trial.assertGradient(dq, null, qs, forward, douts, 1e-5, absolute);
    }
    if (dk != null) {
      trial.assertGradient(dk, null, ks, forward, douts, 1e-5, absolute);
    }
    if (dv != null) {
      trial.assertGradient(dv, null, vs, forward, douts, 1e-5, absolute);
    }
  }

  /** {@code softmax(q k^T / sqrt d) v}; fills logSumExp unless it is null. */
  private static double[] forward(
      AttentionShape shape, double[] q, double[] k, double[] v, double[] logSumExp) {
    int d = shape.headSize();
    int width = shape.width();
    double[] out = new double[shape.batch() * shape.queries() * width];
    double[] p = new double[shape.keys()];
    for (int b = 0; b < shape.batch(); b++) {
      for (int h = 0; h < shape.heads(); h++) {
        for (int i = 0; i < shape.queries(); i++) {
          int row = (b * shape.queries() + i) * width + h * d;
          int seen = shape.causal() ? i + 1 : shape.keys();
          double max = Double.NEGATIVE_INFINITY;
          for (int j = 0; j < seen; j++) {
            int key = (b * shape.keys() + j) * width + h * d;
            p[j] = 0;
            for (int c = 0; c < d; c++) {
              p[j] += q[row + c] * k[key + c];
            }
            p[j] /= Math.sqrt(d);
            max = Math.max(max, p[j]);
          }
          double sum = 0;
          for (int j = 0; j < seen; j++) {
            p[j] = Math.exp(p[j] - max);
            sum += p[j];
          }
          for (int j = 0; j < seen; j++) {
            int value = (b * shape.keys() + j) * width + h * d;
            for (int c = 0; c < d; c++) {
              out[row + c] += p[j] / sum * v[value + c];
            }
          }
          if (logSumExp != null) {
            logSumExp[(b * shape.heads() + h) * shape.queries() + i] = max + Math.log(sum);
          }
        }
      }
    }
    return out;
  }
}
