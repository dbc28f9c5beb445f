package io.attune.device.cpu;

import io.attune.device.op.EmbeddingOps;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Patches, tokens, positions; sums over a batch are cut by column or by position, never by row. */
final class CpuEmbedding implements EmbeddingOps {
  /** Two cache lines: a task of a scatter walks all rows, but only these columns of each. */
  private static final int COLUMNS_PER_TASK = 32;

  private final CpuThreads threads;
  private double[] positionSums = new double[0];

  CpuEmbedding(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void patches(Tensor pixels, int patch, Tensor columns) {
    CpuPatches.copy(threads, pixels, patch, columns, true);
  }

  @Override
  public void patchesBackward(Tensor dcolumns, int patch, Tensor dpixels) {
    CpuPatches.copy(threads, dpixels, patch, dcolumns, false);
  }

  @Override
  public void addPositions(Tensor classToken, Tensor positions, Tensor x) {
    int width = x.columns();
    int tokens = sequenceLength(x);
    checkPositions(positions, tokens, tokens, x);
    Shapes.vector(classToken, width, "column", x);
    float[] ca = CpuBuffer.floats(classToken);
    float[] pa = CpuBuffer.floats(positions);
    float[] xa = CpuBuffer.floats(x);
    int rows = x.rows();
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int token = row % tokens;
            int xi = CpuBuffer.row(x, row);
            int pi = CpuBuffer.row(positions, token);
            if (token == 0) {
              CpuArithmetic.add(ca, CpuBuffer.offset(classToken), pa, pi, xa, xi, width);
            } else {
              CpuArithmetic.add(xa, xi, pa, pi, xa, xi, width);
            }
          }
        });
  }

  @Override
  public void addPositionsBackward(Tensor dx, Tensor dclassToken, Tensor dpositions) {
    int width = dx.columns();
    int tokens = sequenceLength(dx);
    if (dpositions != null) {
      checkPositions(dpositions, tokens, tokens, dx);
    }
    if (dclassToken != null) {
      Shapes.vector(dclassToken, width, "column", dx);
    }
    addPositionSums(dx, tokens, dpositions, dclassToken);
  }

  @Override
  public void tokens(Tensor ids, Tensor table, Tensor positions, Tensor x) {
    int width = x.columns();
    int tokens = sequenceLength(x);
    checkIds(ids, table, x, tokens);
    checkPositions(positions, tokens, Integer.MAX_VALUE, x);
    int[] ia = CpuBuffer.ints(ids);
    float[] ta = CpuBuffer.floats(table);
    float[] pa = CpuBuffer.floats(positions);
    float[] xa = CpuBuffer.floats(x);
    int rows = x.rows();
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int token = row % tokens;
            int id = ia[CpuBuffer.row(ids, row / tokens) + token];
            int ti = CpuBuffer.row(table, id);
            int pi = CpuBuffer.row(positions, token);
            CpuArithmetic.add(ta, ti, pa, pi, xa, CpuBuffer.row(x, row), width);
          }
        });
  }

  @Override
  public void tokensBackward(Tensor ids, Tensor dx, Tensor dtable, Tensor dpositions) {
    int tokens = sequenceLength(dx);
    if (dpositions != null) {
      checkPositions(dpositions, tokens, Integer.MAX_VALUE, dx);
    }
    if (dtable != null) {
      checkIds(ids, dtable, dx, tokens);
      scatter(dx, ids, tokens, dtable);
    }
    if (dpositions != null) {
      addPositionSums(dx, tokens, dpositions, null);
    }
  }

  @Override
  public void gatherRows(Tensor x, Tensor index, Tensor y) {
    checkIndex(index, x, y);
    int width = x.columns();
    int[] ia = CpuBuffer.ints(index);
    float[] xa = CpuBuffer.floats(x);
    float[] ya = CpuBuffer.floats(y);
    int rows = y.rows();
    int perTask = CpuSpans.rowsPerTask(width);
    threads.run(
        CpuSpans.tasks(rows, perTask),
        task -> {
          int end = Math.min(rows, (task + 1) * perTask);
          for (int row = task * perTask; row < end; row++) {
            int from = CpuBuffer.row(x, ia[CpuBuffer.offset(index) + row]);
            System.arraycopy(xa, from, ya, CpuBuffer.row(y, row), width);
          }
        });
  }

  @Override
  public void scatterAddRows(Tensor dy, Tensor index, Tensor dx) {
    checkIndex(index, dx, dy);
    scatter(dy, index, (int) index.size(), dx);
  }

  /** Adds row r of {@code from} to the row that {@code index} names; perRow indices to its row. */
  private void scatter(Tensor from, Tensor index, int perRow, Tensor to) {
    int[] ia = CpuBuffer.ints(index);
    float[] fa = CpuBuffer.floats(from);
    float[] ta = CpuBuffer.floats(to);
    int rows = from.rows();
    int width = from.columns();
    threads.run(
        CpuSpans.tasks(width, COLUMNS_PER_TASK),
        task -> {
          int begin = task * COLUMNS_PER_TASK;
          int n = Math.min(COLUMNS_PER_TASK, width - begin);
          for (int row = 0; row < rows; row++) {
            int target = ia[CpuBuffer.row(index, row / perRow) + row % perRow];
            int ti = CpuBuffer.row(to, target) + begin;
            CpuArithmetic.add(fa, CpuBuffer.row(from, row) + begin, ta, ti, ta, ti, n);
          }
        });
  }

  /** Sums over the sequences, in f64, in order; a task for each position. */
  private void addPositionSums(Tensor dx, int tokens, Tensor dpositions, Tensor dclassToken) {
    int width = dx.columns();
    int sequences = dx.rows() / tokens;
    int positions = dpositions == null ? 1 : tokens;
    int length = Math.multiplyExact(positions, width);
    if (positionSums.length < length) {
      positionSums = new double[length];
    }
    double[] sums = positionSums;
    float[] dxa = CpuBuffer.floats(dx);
    threads.run(
        positions,
        token -> {
          int at = token * width;
          Arrays.fill(sums, at, at + width, 0);
          for (int sequence = 0; sequence < sequences; sequence++) {
            CpuArithmetic.addTo(sums, at, dxa, CpuBuffer.row(dx, sequence * tokens + token), width);
          }
          if (dpositions != null) {
            addSums(
                sums, at, CpuBuffer.floats(dpositions), CpuBuffer.row(dpositions, token), width);
          }
          if (dclassToken != null && token == 0) {
            addSums(sums, at, CpuBuffer.floats(dclassToken), CpuBuffer.offset(dclassToken), width);
          }
        });
  }

  private static void addSums(double[] sums, int at, float[] y, int yi, int n) {
    for (int i = 0; i < n; i++) {
      y[yi + i] += (float) sums[at + i];
    }
  }

  private static int sequenceLength(Tensor x) {
    if (x.shape().rank() != 3 || x.shape().dim(1) < 1) {
      throw new IllegalArgumentException(x + " is not [sequences, tokens, width]");
    }
    return x.shape().dim(1);
  }

  private static void checkPositions(Tensor positions, int atLeast, int atMost, Tensor x) {
    if (positions.columns() != x.columns()
        || positions.rows() < atLeast
        || positions.rows() > atMost) {
      throw Shapes.mismatch(positions, x, "expected a row for each token, of x's width");
    }
  }

  private static void checkIds(Tensor ids, Tensor table, Tensor x, int tokens) {
    if (ids.columns() != tokens || ids.size() != x.rows()) {
      throw Shapes.mismatch(ids, x, "expected one id for each row");
    }
    if (table.columns() != x.columns()) {
      throw Shapes.mismatch(table, x, "expected as many columns in both");
    }
    Shapes.indices(ids, table.rows(), table);
  }

  private static void checkIndex(Tensor index, Tensor large, Tensor small) {
    Shapes.vector(index, small.rows(), "row", small);
    if (large.columns() != small.columns()) {
      throw Shapes.mismatch(large, small, "expected as many columns in both");
    }
    Shapes.indices(index, large.rows(), large);
  }
}
