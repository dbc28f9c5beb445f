package io.attune.device.cuda;

import io.attune.tensor.Tensor;

/** kernels/scatter.cu: rows added to the rows that an index names, in an order of its own. */
final class CudaScatter {
  private static final int THREADS = 256;
  private static final int TILE = 1024;

  /** About so many chunks fill a card; a run over many chunks is quicker if they are few. */
  private static final int CHUNKS = 512;

  private static final int SHORTEST_CHUNK = 4;
  private static final int LONGEST_CHUNK = 64;
  private static final long ALIGNMENT = 256;

  private final CudaContext context;
  private final CudaKernel sortTiles;
  private final CudaKernel rank;
  private final CudaKernel sums;
  private final CudaKernel joins;

  CudaScatter(CudaContext context) {
    this.context = context;
    sortTiles = context.kernel("scatter", "scatter_sort_tiles");
    rank = context.kernel("scatter", "scatter_rank");
    sums = context.kernel("scatter", "scatter_sums_f32");
    joins = context.kernel("scatter", "scatter_joins_f32");
  }

  /**
   * Adds row r of {@code from} to the row of {@code to} that element r of the index names.
   *
   * @param index I32 in rows of {@code perRow} elements, each within {@code to}
   */
  void add(Tensor from, Tensor index, int perRow, Tensor to) {
    if (from.size() == 0) {
      return;
    }
    int count = from.rows();
    int columns = from.columns();
    int chunk = Math.clamp(Math.ceilDiv(count, CHUNKS), SHORTEST_CHUNK, LONGEST_CHUNK);
    int chunks = Math.ceilDiv(count, chunk);
    long list = Math.ceilDiv((long) count * Integer.BYTES, ALIGNMENT) * ALIGNMENT;
    long scratch = context.scratch(4 * list + 2L * chunks * columns * Float.BYTES);
    long ids = scratch;
    long rows = scratch + list;
    long partial = scratch + 4 * list;

    int size = tileSize(count);
    sortTiles
        .ints(index)
        .number(CudaEmbedding.indexStride(index, perRow))
        .integer(perRow)
        .integer(count)
        .integer(size)
        .pointer(ids)
        .pointer(rows)
        .launch(Math.ceilDiv(count, TILE), size / 2);
    if (count > TILE) {
      long sortedIds = scratch + 2 * list;
      long sortedRows = scratch + 3 * list;
      rank.pointer(ids).pointer(rows).integer(count).pointer(sortedIds).pointer(sortedRows);
      rank.launch(Math.ceilDiv(count, CudaLanes.WARP), THREADS);
      ids = sortedIds;
      rows = sortedRows;
    }
    int lanes = CudaLanes.of(from, to);
    int threads = Math.min(THREADS, CudaLanes.slabs(columns, lanes) * CudaLanes.WARP);
    sums.pointer(ids)
        .pointer(rows)
        .integer(count)
        .integer(chunk)
        .floats(from)
        .stride(from)
        .floats(to)
        .stride(to)
        .pointer(partial)
        .integer(columns)
        .integer(lanes)
        .launch(chunks, Math.ceilDiv(columns, threads * lanes), 1, threads, 0);
    if (chunks > 1) {
      joins
          .pointer(ids)
          .integer(count)
          .integer(chunk)
          .floats(to)
          .stride(to)
          .pointer(partial)
          .integer(columns)
          .integer(lanes)
          .launch(chunks, CudaLanes.slabs(columns, lanes), 1, THREADS, 0);
    }
  }

  /** The power of two that a block sorts: not more than it needs to. */
  private static int tileSize(int count) {
    int needed = Math.clamp(count, 2 * CudaLanes.WARP, TILE);
    return Integer.highestOneBit(2 * needed - 1);
  }
}
