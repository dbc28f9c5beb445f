package io.attune.bench;

import static io.attune.bench.OperationCase.computing;
import static io.attune.bench.OperationCase.sizes;

import io.attune.clip.ClipConfig;
import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Attention of both towers, on the packed output of the qkv layer as the model has it. */
final class AttentionCases {
  private AttentionCases() {}

  static List<OperationCase> of(Sizes sizes, int bytes) {
    ClipConfig config = sizes.config();
    AttentionShape image =
        shape(sizes.batch(), config.vision(), config.visionTokens(), config.visionTokens(), false);
    AttentionShape classToken =
        shape(sizes.batch(), config.vision(), 1, config.visionTokens(), false);
    AttentionShape text =
        shape(sizes.batch(), config.text(), config.context(), config.context(), true);
    List<OperationCase> cases = new ArrayList<>();
    cases.add(forward("image", image, bytes, true));
    cases.add(backward("image", image, bytes));
    cases.add(forward("text, causal", text, bytes, true));
    cases.add(backward("text, causal", text, bytes));
    cases.add(forward("image, class token only", classToken, bytes, true));
    cases.add(backward("image, class token only", classToken, bytes));
    cases.add(forward("image, nothing kept", image, bytes, false));
    return cases;
  }

  private static AttentionShape shape(
      int batch, ClipConfig.Tower tower, int queries, int keys, boolean causal) {
    return new AttentionShape(
        batch, tower.heads(), queries, keys, tower.width() / tower.heads(), causal);
  }

  /** A product of queries and keys, or of probabilities and values. */
  private static double product(AttentionShape shape) {
    double pairs = (double) shape.queries() * shape.keys();
    if (shape.causal()) {
      pairs = shape.queries() * (shape.queries() + 1.0) / 2;
    }
    return 2.0 * shape.batch() * shape.width() * pairs;
  }

  private static java.util.Map<String, Object> describe(AttentionShape shape) {
    return sizes(
        "batch",
        shape.batch(),
        "heads",
        shape.heads(),
        "queries",
        shape.queries(),
        "keys",
        shape.keys(),
        "head",
        shape.headSize(),
        "causal",
        shape.causal());
  }

  private static OperationCase forward(
      String detail, AttentionShape shape, int bytes, boolean training) {
    double queries = (double) shape.batch() * shape.queries();
    double keys = (double) shape.batch() * shape.keys();
    double moved = bytes * shape.width() * (2 * queries + 2 * keys);
    return computing(
        "attention.forward",
        detail,
        describe(shape),
        moved + (training ? 4.0 * queries * shape.heads() : 0),
        2 * product(shape),
        inputs -> {
          Operands operands = new Operands(inputs, shape);
          Tensor lse = training ? operands.logSumExp : null;
          return () ->
              inputs
                  .device()
                  .attention()
                  .forward(shape, operands.q, operands.k, operands.v, operands.out, lse);
        });
  }

  private static OperationCase backward(String detail, AttentionShape shape, int bytes) {
    double queries = (double) shape.batch() * shape.queries();
    double keys = (double) shape.batch() * shape.keys();
    return computing(
        "attention.backward",
        detail,
        describe(shape),
        bytes * shape.width() * (4 * queries + 4 * keys) + 4.0 * queries * shape.heads(),
        5 * product(shape),
        inputs -> {
          Operands operands = new Operands(inputs, shape);
          Operands gradients = new Operands(inputs, shape);
          Tensor dout = inputs.operand((long) shape.batch() * shape.queries(), shape.width());
          Tensor delta = inputs.floats(shape.batch(), shape.heads(), shape.queries());
          inputs
              .device()
              .attention()
              .forward(shape, operands.q, operands.k, operands.v, operands.out, operands.logSumExp);
          return () ->
              inputs
                  .device()
                  .attention()
                  .backward(
                      shape,
                      operands.q,
                      operands.k,
                      operands.v,
                      operands.out,
                      operands.logSumExp,
                      dout,
                      delta,
                      gradients.q,
                      gradients.k,
                      gradients.v);
        });
  }

  /** q, k, v as column ranges of one packed matrix; q apart where it has rows of its own. */
  private static final class Operands {
    final Tensor q;
    final Tensor k;
    final Tensor v;
    final Tensor out;
    final Tensor logSumExp;

    Operands(Inputs inputs, AttentionShape shape) {
      int width = shape.width();
      long rows = (long) shape.batch() * shape.keys();
      boolean packed = shape.queries() == shape.keys();
      Tensor all = inputs.operand(rows, (packed ? 3L : 2L) * width);
      q =
          packed
              ? all.columnRange(0, width)
              : inputs.operand((long) shape.batch() * shape.queries(), width);
      k = all.columnRange(packed ? width : 0, width);
      v = all.columnRange(packed ? 2 * width : width, width);
      out = inputs.operand((long) shape.batch() * shape.queries(), width);
      logSumExp = inputs.floats(shape.batch(), shape.heads(), shape.queries());
    }
  }
}
