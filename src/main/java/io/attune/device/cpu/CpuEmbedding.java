package io.attune.device.cpu;

import io.attune.device.op.EmbeddingOps;
import io.attune.device.op.EmbeddingShapes;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** Patches, tokens, positions; sums over a batch are cut by column or by position, never by row. */
final class CpuEmbedding implements EmbeddingOps {
  private final CpuThreads threads;
  private final CpuPatches patches;
  private final AddPositions addPositions = new AddPositions();
  private final Tokens lookUp = new Tokens();
  private final Gather gather = new Gather();
  private final Scatter scatter = new Scatter();
  private final PositionSums positionSums = new PositionSums();

  CpuEmbedding(CpuThreads threads) {
    this.threads = threads;
    this.patches = new CpuPatches(threads);
  }

  @Override
  public void patches(Tensor pixels, int patch, Tensor columns) {
    patches.copy(pixels, patch, columns, true);
  }

  @Override
  public void patchesBackward(Tensor dcolumns, int patch, Tensor dpixels) {
    patches.copy(dpixels, patch, dcolumns, false);
  }

  @Override
  public void addPositions(Tensor classToken, Tensor positions, Tensor x) {
    int width = x.columns();
    int tokens = EmbeddingShapes.sequenceLength(x);
    EmbeddingShapes.positions(positions, tokens, tokens, x);
    Shapes.vector(classToken, width, "column", x);
    addPositions.classToken = classToken;
    addPositions.positions = positions;
    addPositions.x = x;
    addPositions.run(threads, x.rows(), width);
  }

  @Override
  public void addPositionsBackward(Tensor dx, Tensor dclassToken, Tensor dpositions) {
    int width = dx.columns();
    int tokens = EmbeddingShapes.sequenceLength(dx);
    if (dpositions != null) {
      EmbeddingShapes.positions(dpositions, tokens, tokens, dx);
    }
    if (dclassToken != null) {
      Shapes.vector(dclassToken, width, "column", dx);
    }
    addPositionSums(dx, tokens, dpositions, dclassToken);
  }

  @Override
  public void tokens(Tensor ids, Tensor table, Tensor positions, Tensor x) {
    int tokens = EmbeddingShapes.sequenceLength(x);
    EmbeddingShapes.ids(ids, table, x, tokens);
    Shapes.indices(CpuBuffer.ints(ids), ids, table.rows(), table);
    EmbeddingShapes.positions(positions, tokens, Integer.MAX_VALUE, x);
    lookUp.ids = ids;
    lookUp.table = table;
    lookUp.positions = positions;
    lookUp.x = x;
    lookUp.run(threads, x.rows(), x.columns());
  }

  @Override
  public void tokensBackward(Tensor ids, Tensor dx, Tensor dtable, Tensor dpositions) {
    int tokens = EmbeddingShapes.sequenceLength(dx);
    if (dpositions != null) {
      EmbeddingShapes.positions(dpositions, tokens, Integer.MAX_VALUE, dx);
    }
    if (dtable != null) {
      EmbeddingShapes.ids(ids, dtable, dx, tokens);
      Shapes.indices(CpuBuffer.ints(ids), ids, dtable.rows(), dtable);
      scatter(dx, ids, tokens, dtable);
    }
    if (dpositions != null) {
      addPositionSums(dx, tokens, dpositions, null);
    }
  }

  @Override
  public void gatherRows(Tensor x, Tensor index, Tensor y) {
    EmbeddingShapes.index(index, x, y);
    Shapes.indices(CpuBuffer.ints(index), index, x.rows(), x);
    gather.x = x;
    gather.index = index;
    gather.y = y;
    gather.run(threads, y.rows(), x.columns());
  }

  @Override
  public void scatterAddRows(Tensor dy, Tensor index, Tensor dx) {
    EmbeddingShapes.index(index, dx, dy);
    Shapes.indices(CpuBuffer.ints(index), index, dx.rows(), dx);
    scatter(dy, index, (int) index.size(), dx);
  }

  /** Adds row r of {@code from} to the row that {@code index} names; perRow indices to its row. */
  private void scatter(Tensor from, Tensor index, int perRow, Tensor to) {
    scatter.from = from;
    scatter.index = index;
    scatter.perRow = perRow;
    scatter.to = to;
    threads.run(CpuSpans.tasks(from.columns(), Scatter.COLUMNS_PER_TASK), scatter);
  }

  /** Sums over the sequences, in f64, in order; a task for each position. */
  private void addPositionSums(Tensor dx, int tokens, Tensor dpositions, Tensor dclassToken) {
    int positions = dpositions == null ? 1 : tokens;
    positionSums.reserve(Math.multiplyExact(positions, dx.columns()));
    positionSums.dx = dx;
    positionSums.tokens = tokens;
    positionSums.dpositions = dpositions;
    positionSums.dclassToken = dclassToken;
    threads.run(positions, positionSums);
  }

  private static final class AddPositions extends RowTask {
    Tensor classToken;
    Tensor positions;
    Tensor x;

    @Override
    void rows(int task, int begin, int end) {
      float[] ca = CpuBuffer.floats(classToken);
      float[] pa = CpuBuffer.floats(positions);
      float[] xa = CpuBuffer.floats(x);
      int tokens = EmbeddingShapes.sequenceLength(x);
      int width = x.columns();
      for (int row = begin; row < end; row++) {
        int token = row % tokens;
        int xi = CpuBuffer.row(x, row);
        int pi = CpuBuffer.row(positions, token);
        if (token == 0) {
          CpuArithmetic.add(ca, CpuBuffer.offset(classToken), pa, pi, xa, xi, width);
        } else {
          CpuArithmetic.add(xa, xi, pa, pi, xa, xi, width);
        }
      }
    }
  }

  private static final class Tokens extends RowTask {
    Tensor ids;
    Tensor table;
    Tensor positions;
    Tensor x;

    @Override
    void rows(int task, int begin, int end) {
      int[] ia = CpuBuffer.ints(ids);
      float[] ta = CpuBuffer.floats(table);
      float[] pa = CpuBuffer.floats(positions);
      float[] xa = CpuBuffer.floats(x);
      int tokens = EmbeddingShapes.sequenceLength(x);
      for (int row = begin; row < end; row++) {
        int token = row % tokens;
        int id = ia[CpuBuffer.row(ids, row / tokens) + token];
        int ti = CpuBuffer.row(table, id);
        int pi = CpuBuffer.row(positions, token);
        CpuArithmetic.add(ta, ti, pa, pi, xa, CpuBuffer.row(x, row), x.columns());
      }
    }
  }

  private static final class Gather extends RowTask {
    Tensor x;
    Tensor index;
    Tensor y;

    @Override
    void rows(int task, int begin, int end) {
      int[] ia = CpuBuffer.ints(index);
      float[] xa = CpuBuffer.floats(x);
      float[] ya = CpuBuffer.floats(y);
      for (int row = begin; row < end; row++) {
        int from = CpuBuffer.row(x, ia[CpuBuffer.offset(index) + row]);
        System.arraycopy(xa, from, ya, CpuBuffer.row(y, row), x.columns());
      }
    }
  }
}
