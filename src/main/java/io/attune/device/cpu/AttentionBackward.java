package io.attune.device.cpu;

import static io.attune.device.cpu.AttentionForward.atLeast;
import static io.attune.device.cpu.AttentionForward.multiply;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * Gradients of attention of one head of one sequence, on one thread. For one block of queries at a
 * time: S^T = K Q^T gives P^T, and V dO^T gives dS^T, both [keys][queries]; then dQ^T = K^T dS^T at
 * once, while dV += P^T dO and dK += dS^T Q add up over the blocks.
 */
final class AttentionBackward {
  private static final int BLOCK = GemmPanels.COLUMNS;

  private final RowPanels keyPanels = new RowPanels();
  private final RowPanels widthPanels = new RowPanels();
  private final HeadMatrix q = new HeadMatrix();
  private final HeadMatrix k = new HeadMatrix();
  private final HeadMatrix v = new HeadMatrix();
  private final HeadMatrix o = new HeadMatrix();
  private final HeadMatrix dout = new HeadMatrix();
  private final HeadMatrix gradient = new HeadMatrix();
  private final float[] logSumExps = new float[BLOCK];
  private final float[] deltas = new float[BLOCK];
  private final float[] panel = new float[GemmPanels.TALL * BLOCK];
  private float[] keyRows = new float[0];
  private float[] keyColumns = new float[0];
  private float[] valueRows = new float[0];
  private float[] queries = new float[0];
  private float[] querySteps = new float[0];
  private float[] outputs = new float[0];
  private float[] outputSteps = new float[0];
  private float[] probabilities = new float[0];
  private float[] scores = new float[0];
  private float[] queryGradients = new float[0];
  private float[] keyGradients = new float[0];
  private float[] valueGradients = new float[0];

  /** Computes head {@code head} of sequence {@code sequence}; dq, dk and dv may be null. */
  void run(
      AttentionShape shape,
      int sequence,
      int head,
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor out,
      Tensor logSumExp,
      Tensor doutput,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    int d = shape.headSize();
    int keys = shape.keys();
    q.moveTo(query, sequence, shape.queries(), head, d);
    k.moveTo(key, sequence, keys, head, d);
    v.moveTo(value, sequence, keys, head, d);
    o.moveTo(out, sequence, shape.queries(), head, d);
    dout.moveTo(doutput, sequence, shape.queries(), head, d);
    keyPanels.cut(keys);
    widthPanels.cut(d);
    reserve(keys, d);
    k.packRows(keyPanels, d, keyRows);
    k.packColumns(widthPanels, keys, keyColumns);
    v.packRows(keyPanels, d, valueRows);
    int width = widthOf(d);
    Arrays.fill(keyGradients, 0, keyPanels.rowOf(keyPanels.count()) * width, 0f);
    Arrays.fill(valueGradients, 0, keyPanels.rowOf(keyPanels.count()) * width, 0f);
    for (int first = 0; first < shape.queries(); first += BLOCK) {
      int count = Math.min(BLOCK, shape.queries() - first);
      int seen = shape.causal() ? first + count : keys;
      int row = (sequence * shape.heads() + head) * shape.queries() + first;
      prepareRows(row, first, count, d, logSumExp, delta);
      q.packAsColumns(first, count, d, queries);
      multiply(keyPanels, seen, keyRows, d, queries, d, probabilities);
      if (shape.causal()) {
        ColumnSoftmax.hideLaterKeys(probabilities, first, seen);
      }
      ColumnSoftmax.probabilities(probabilities, seen, shape.scale(), logSumExps);
      if (dv != null) {
        dout.packAsSteps(first, count, d, outputSteps);
        accumulate(probabilities, seen, outputSteps, d, valueGradients);
      }
      if (dq == null && dk == null) {
        continue;
      }
      dout.packAsColumns(first, count, d, outputs);
      multiply(keyPanels, seen, valueRows, d, outputs, d, scores);
      ColumnSoftmax.scoreGradients(probabilities, scores, seen, deltas, shape.scale());
      if (dq != null) {
        multiply(widthPanels, d, keyColumns, keys, scores, seen, queryGradients);
        gradient.moveTo(dq, sequence, shape.queries(), head, d);
        gradient.storeTransposed(first, count, d, queryGradients);
      }
      if (dk != null) {
        q.packAsSteps(first, count, d, querySteps);
        accumulate(scores, seen, querySteps, d, keyGradients);
      }
    }
    if (dk != null) {
      gradient.moveTo(dk, sequence, keys, head, d);
      gradient.storePanels(keyPanels, d, width, keyGradients);
    }
    if (dv != null) {
      gradient.moveTo(dv, sequence, keys, head, d);
      gradient.storePanels(keyPanels, d, width, valueGradients);
    }
    release();
  }

  /** The softmax denominators of a block, and delta: row sums of {@code dout * out}. */
  private void prepareRows(int row, int first, int count, int d, Tensor logSumExp, Tensor delta) {
    Arrays.fill(logSumExps, 0f);
    Arrays.fill(deltas, 0f);
    System.arraycopy(
        CpuBuffer.floats(logSumExp), CpuBuffer.offset(logSumExp) + row, logSumExps, 0, count);
    for (int i = 0; i < count; i++) {
      int x = o.offset + (first + i) * o.stride;
      int y = dout.offset + (first + i) * dout.stride;
      deltas[i] = CpuRows.shortDot(o.array, x, dout.array, y, d);
    }
    System.arraycopy(deltas, 0, CpuBuffer.floats(delta), CpuBuffer.offset(delta) + row, count);
  }

  /**
   * {@code C [keys][d] += X [keys][queries] B}.
   *
   * @param x the first {@code seen} rows count, the others are taken as zeros
   * @param b from {@link HeadMatrix#packAsSteps}
   */
  private void accumulate(float[] x, int seen, float[] b, int d, float[] c) {
    int width = widthOf(d);
    for (int p = 0; p < keyPanels.count() && keyPanels.rowOf(p) < seen; p++) {
      int row = keyPanels.rowOf(p);
      int height = keyPanels.heightOf(p);
      int lines = Math.min(keyPanels.linesOf(p), seen - row);
      GemmPanels.pack(x, row * BLOCK, BLOCK, false, lines, height, BLOCK, panel, 0);
      for (int column = 0; column < width; column += BLOCK) {
        int co = row * width + column * height;
        boolean tall = height == GemmPanels.TALL;
        GemmPanels.multiply(tall, panel, 0, b, column * BLOCK, BLOCK, c, co, true);
      }
    }
  }

  /** The head size, rounded up to whole panels of columns. */
  private static int widthOf(int headSize) {
    return (headSize + BLOCK - 1) / BLOCK * BLOCK;
  }

  private void reserve(int keys, int d) {
    keyRows = atLeast(keyRows, RowPanels.capacity(keys, d));
    keyColumns = atLeast(keyColumns, RowPanels.capacity(d, keys));
    valueRows = atLeast(valueRows, RowPanels.capacity(keys, d));
    queries = atLeast(queries, (long) d * BLOCK);
    querySteps = atLeast(querySteps, HeadMatrix.stepsSize(d));
    outputs = atLeast(outputs, (long) d * BLOCK);
    outputSteps = atLeast(outputSteps, HeadMatrix.stepsSize(d));
    probabilities = atLeast(probabilities, RowPanels.capacity(keys, BLOCK));
    scores = atLeast(scores, RowPanels.capacity(keys, BLOCK));
    queryGradients = atLeast(queryGradients, RowPanels.capacity(d, BLOCK));
    keyGradients = atLeast(keyGradients, RowPanels.capacity(keys, widthOf(d)));
    valueGradients = atLeast(valueGradients, RowPanels.capacity(keys, widthOf(d)));
  }

  private void release() {
    q.release();
    k.release();
    v.release();
    o.release();
    dout.release();
    gradient.release();
  }
}
