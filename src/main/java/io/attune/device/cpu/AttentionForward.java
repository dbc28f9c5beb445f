package io.attune.device.cpu;

import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;

/**
 * Attention of one head of one sequence, on one thread, with that thread's scratch memory. Scores
 * are computed transposed, S^T = K Q^T, for one block of queries (32 with 512-bit vectors) at a
 * time: what the micro-kernel leaves is then [keys][queries], in which the softmax goes down
 * columns and which is at once the packed operand of O^T = V^T P^T.
 */
final class AttentionForward {
  private static final int BLOCK = GemmPanels.COLUMNS;

  private final RowPanels keyPanels = new RowPanels();
  private final RowPanels widthPanels = new RowPanels();
  private final HeadMatrix q = new HeadMatrix();
  private final HeadMatrix k = new HeadMatrix();
  private final HeadMatrix v = new HeadMatrix();
  private final HeadMatrix o = new HeadMatrix();
  private final float[] max = new float[BLOCK];
  private final float[] sum = new float[BLOCK];
  private float[] keyRows = new float[0];
  private float[] valueColumns = new float[0];
  private float[] queries = new float[0];
  private float[] scores = new float[0];
  private float[] outputs = new float[0];

  /** Computes head {@code head} of sequence {@code sequence}; logSumExp may be null. */
  void run(
      AttentionShape shape,
      int sequence,
      int head,
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor out,
      Tensor logSumExp) {
    int d = shape.headSize();
    int keys = shape.keys();
    q.moveTo(query, sequence, shape.queries(), head, d);
    k.moveTo(key, sequence, keys, head, d);
    v.moveTo(value, sequence, keys, head, d);
    o.moveTo(out, sequence, shape.queries(), head, d);
    reserve(keys, d);
    keyPanels.cut(keys);
    widthPanels.cut(d);
    k.packRows(keyPanels, d, keyRows);
    v.packColumns(widthPanels, keys, valueColumns);
    for (int first = 0; first < shape.queries(); first += BLOCK) {
      int count = Math.min(BLOCK, shape.queries() - first);
      int seen = shape.causal() ? first + count : keys;
      q.packAsColumns(first, count, d, queries);
      multiply(keyPanels, seen, keyRows, d, queries, d, scores);
      if (shape.causal()) {
        ColumnSoftmax.hideLaterKeys(scores, first, seen);
      }
      ColumnSoftmax.exponentiate(scores, seen, shape.scale(), max, sum);
      multiply(widthPanels, d, valueColumns, keys, scores, seen, outputs);
      if (logSumExp != null) {
        int row = (sequence * shape.heads() + head) * shape.queries() + first;
        storeLogSumExp(logSumExp, row, count);
      }
      for (int i = 0; i < BLOCK; i++) {
        sum[i] = 1 / sum[i];
      }
      ColumnSoftmax.scaleColumns(outputs, d, sum);
      o.storeTransposed(first, count, d, outputs);
    }
    q.release();
    k.release();
    v.release();
    o.release();
  }

  private void storeLogSumExp(Tensor logSumExp, int row, int count) {
    float[] values = CpuBuffer.floats(logSumExp);
    int at = CpuBuffer.offset(logSumExp) + row;
    for (int i = 0; i < count; i++) {
      values[at + i] = (float) (max[i] + Math.log(sum[i]));
    }
  }

  private void reserve(int keys, int d) {
    keyRows = atLeast(keyRows, RowPanels.capacity(keys, d));
    valueColumns = atLeast(valueColumns, RowPanels.capacity(d, keys));
    queries = atLeast(queries, (long) d * BLOCK);
    scores = atLeast(scores, RowPanels.capacity(keys, BLOCK));
    outputs = atLeast(outputs, RowPanels.capacity(d, BLOCK));
  }

  static float[] atLeast(float[] array, long size) {
    return array.length >= size ? array : new float[Math.toIntExact(size)];
  }

  /**
   * {@code C [rows][columns of a panel] = A B}, rows of C one after another.
   *
   * @param rows how many of the panels' rows are wanted
   * @param a packed with {@code steps} steps a panel, of which the first {@code kc} are taken
   * @param b one packed panel [kc][columns]
   */
  static void multiply(
      RowPanels panels, int rows, float[] a, int steps, float[] b, int kc, float[] c) {
    for (int p = 0; p < panels.count() && panels.rowOf(p) < rows; p++) {
      int row = panels.rowOf(p);
      boolean tall = panels.heightOf(p) == GemmPanels.TALL;
      GemmPanels.multiply(tall, a, row * steps, b, 0, kc, c, row * BLOCK, false);
    }
  }
}
