package io.attune.device.cuda;

import io.attune.device.op.EmbeddingOps;
import io.attune.device.op.EmbeddingShapes;
import io.attune.device.op.Shapes;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/** kernels/embedding.cu; sums by index are {@link CudaScatter}'s. */
final class CudaEmbedding implements EmbeddingOps {
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / CudaLanes.WARP;

  /** Four for each warp: so many loads a thread has under way. */
  private static final int IMAGES_PER_BLOCK = 4 * WARPS;

  private final CudaScatter scatter;
  private final CudaKernel patches;
  private final CudaKernel patchesBf16;
  private final CudaKernel patchesBackward;
  private final CudaKernel patchesBackwardBf16;
  private final CudaKernel addPositions;
  private final CudaKernel positionSums;
  private final CudaKernel gather;
  private final CudaKernel gatherBf16;

  CudaEmbedding(CudaContext context) {
    scatter = new CudaScatter(context);
    patches = context.kernel("embedding", "embedding_patches_f32");
    patchesBf16 = context.kernel("embedding", "embedding_patches_bf16");
    patchesBackward = context.kernel("embedding", "embedding_patches_backward_f32");
    patchesBackwardBf16 = context.kernel("embedding", "embedding_patches_backward_bf16");
    addPositions = context.kernel("embedding", "embedding_add_positions_f32");
    positionSums = context.kernel("embedding", "embedding_position_sums_f32");
    gather = context.kernel("embedding", "embedding_gather_f32");
    gatherBf16 = context.kernel("embedding", "embedding_gather_bf16");
  }

  @Override
  public void patches(Tensor pixels, int patch, Tensor columns) {
    copyPatches(CudaShapes.isBf16(columns) ? patchesBf16 : patches, pixels, patch, columns);
  }

  @Override
  public void patchesBackward(Tensor dcolumns, int patch, Tensor dpixels) {
    CudaKernel kernel = CudaShapes.isBf16(dcolumns) ? patchesBackwardBf16 : patchesBackward;
    copyPatches(kernel, dpixels, patch, dcolumns);
  }

  /** A block for each row of patches, a warp for each patch of it. */
  private static void copyPatches(CudaKernel kernel, Tensor pixels, int patch, Tensor columns) {
    EmbeddingShapes.patches(pixels, patch, columns);
    if (pixels.size() == 0) {
      return;
    }
    Shape shape = pixels.shape();
    int height = shape.dim(2);
    int across = shape.dim(3) / patch;
    kernel.floats(pixels).stride(pixels).tensor(columns).stride(columns);
    kernel.integer(shape.dim(1)).integer(height).integer(across).integer(patch);
    kernel.integer(patchLanes(pixels, patch, columns));
    kernel.launch(shape.dim(0) * (height / patch), CudaLanes.WARP * Math.min(WARPS, across));
  }

  /** A patch's rows begin at every multiple of its side, in pixels and in columns. */
  private static int patchLanes(Tensor pixels, int patch, Tensor columns) {
    int lanes = 4;
    while (patch % lanes != 0
        || !CudaLanes.startsAt(pixels, lanes)
        || !CudaLanes.startsAt(columns, lanes)) {
      lanes /= 2;
    }
    return lanes;
  }

  @Override
  public void addPositions(Tensor classToken, Tensor positions, Tensor x) {
    int tokens = EmbeddingShapes.sequenceLength(x);
    int width = x.columns();
    EmbeddingShapes.positions(positions, tokens, tokens, x);
    Shapes.vector(classToken, width, "column", x);
    if (x.size() == 0) {
      return;
    }
    int batch = x.rows() / tokens;
    int lanes = CudaLanes.of(classToken, positions, x);
    addPositions
        .floats(classToken)
        .floats(positions)
        .stride(positions)
        .floats(x)
        .stride(x)
        .integer(batch)
        .integer(IMAGES_PER_BLOCK)
        .integer(tokens)
        .integer(width)
        .integer(lanes)
        .launch(
            CudaLanes.slabs(width, lanes),
            tokens,
            Math.ceilDiv(batch, IMAGES_PER_BLOCK),
            THREADS,
            0);
  }

  @Override
  public void addPositionsBackward(Tensor dx, Tensor dclassToken, Tensor dpositions) {
    int tokens = EmbeddingShapes.sequenceLength(dx);
    if (dpositions != null) {
      EmbeddingShapes.positions(dpositions, tokens, tokens, dx);
    }
    if (dclassToken != null) {
      Shapes.vector(dclassToken, dx.columns(), "column", dx);
    }
    addPositionSums(dx, tokens, dclassToken, dpositions);
  }

  @Override
  public void tokens(Tensor ids, Tensor table, Tensor positions, Tensor x) {
    int tokens = EmbeddingShapes.sequenceLength(x);
    EmbeddingShapes.ids(ids, table, x, tokens);
    CudaBuffer.checkIndices(ids, table.rows(), table);
    EmbeddingShapes.positions(positions, tokens, Integer.MAX_VALUE, x);
    gather(table, ids, tokens, positions, x);
  }

  @Override
  public void tokensBackward(Tensor ids, Tensor dx, Tensor dtable, Tensor dpositions) {
    int tokens = EmbeddingShapes.sequenceLength(dx);
    if (dpositions != null) {
      EmbeddingShapes.positions(dpositions, tokens, Integer.MAX_VALUE, dx);
    }
    if (dtable != null) {
      EmbeddingShapes.ids(ids, dtable, dx, tokens);
      CudaBuffer.checkIndices(ids, dtable.rows(), dtable);
      scatter.add(dx, ids, tokens, dtable);
    }
    addPositionSums(dx, tokens, null, dpositions);
  }

  @Override
  public void gatherRows(Tensor x, Tensor index, Tensor y) {
    EmbeddingShapes.index(index, x, y);
    CudaBuffer.checkIndices(index, x.rows(), x);
    gather(x, index, y.rows(), null, y);
  }

  @Override
  public void scatterAddRows(Tensor dy, Tensor index, Tensor dx) {
    EmbeddingShapes.index(index, dx, dy);
    CudaBuffer.checkIndices(index, dx.rows(), dx);
    scatter.add(dy, index, dy.rows(), dx);
  }

  /** Rows of x that an index of rows of perRow elements names; a warp a row. */
  private void gather(Tensor x, Tensor index, int perRow, Tensor positions, Tensor y) {
    if (x.dtype() != y.dtype()) {
      throw Shapes.mismatch(x, y, "expected F32 or BF16 in both");
    }
    if (y.size() == 0) {
      return;
    }
    CudaKernel kernel = CudaShapes.isBf16(x) ? gatherBf16 : gather;
    kernel.tensor(x).stride(x);
    kernel.ints(index).number(indexStride(index, perRow)).integer(perRow);
    kernel.floats(positions).stride(positions);
    kernel.tensor(y).stride(y);
    kernel.integer(y.rows()).integer(y.columns()).integer(CudaLanes.of(x, positions, y));
    kernel.launch(Math.ceilDiv(y.rows(), WARPS), THREADS);
  }

  /** An index without gaps is one row, however it is shaped. */
  static long indexStride(Tensor index, int perRow) {
    return index.isContiguous() ? perRow : index.rowStride();
  }

  /** Sums over the sequences. */
  private void addPositionSums(Tensor dx, int tokens, Tensor dclassToken, Tensor dpositions) {
    if (dx.size() == 0 || (dclassToken == null && dpositions == null)) {
      return;
    }
    int lanes = CudaLanes.of(dx);
    positionSums
        .floats(dx)
        .stride(dx)
        .integer(dx.rows() / tokens)
        .integer(tokens)
        .floats(dpositions)
        .stride(dpositions)
        .floats(dclassToken)
        .integer(dx.columns())
        .integer(lanes)
        .launch(
            CudaLanes.slabs(dx.columns(), lanes), dpositions == null ? 1 : tokens, 1, THREADS, 0);
  }
}
