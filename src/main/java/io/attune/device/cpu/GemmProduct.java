package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * A cache-blocked product after Goto and van de Geijn ("Anatomy of high-performance matrix
 * multiplication", 2008). Slabs of op(B) and op(A) are packed into panels; then each task
 * multiplies one tile of C, over all of K in blocks whose panel of B stays in the first cache and
 * whose panels of A stay in the second, and hands its rows to {@link GemmStore}. Where C has but
 * one row of tiles, each packs its panels of B by itself, just before it multiplies them, or, with
 * at most four rows, reads the rows of B as they lie. K is never divided between threads, and every
 * element is one sum in one order, whatever rows stand beside it: an image's embedding does not
 * depend on the batch it came in.
 */
final class GemmProduct {
  /** Steps of k in a block: a panel of B (32 columns) is then 32 KB. */
  private static final int DEPTH = 256;

  /** Rows of a tile: 140 = 10 tall panels; a block of A is then 140 KB. */
  private static final int TILE_ROWS = 140;

  private static final int TILE_COLUMNS = 256;

  /** Panels of A of a tile, and those packed together. */
  private static final int PANELS = Math.max(1, TILE_ROWS / GemmPanels.TALL);

  /**
   * Steps for which neighbouring panels are packed by turns, so that rows are read in long runs.
   */
  private static final int TURN = 16;

  /** Tiles that a product should at least be cut into, for the sake of many cores. */
  private static final int TILES = 32;

  /** Elements of a packed slab, about: 8 MB, so that both slabs share the third cache. */
  private static final int SLAB = 1 << 21;

  /** Multiply-adds below which waking other threads costs more than it gains. */
  private static final long SMALL = 1 << 17;

  private final CpuThreads threads;
  private final GemmStore store;
  private final GemmOperand a = new GemmOperand();
  private final GemmOperand b = new GemmOperand();
  private final GemmSlab slab = new GemmSlab();
  private final float[][] tiles;
  private final float[][] rows;
  private final float[][] blocksOfB;
  private float[] packedA = new float[0];
  private float[] packedB = new float[0];
  private final CpuThreads.ScratchTask packAPanels = this::packA;
  private final CpuThreads.ScratchTask packBPanels = this::packB;
  private final CpuThreads.ScratchTask multiplyTile = this::tile;

  private int m;
  private int n;
  private int k;
  private int itemOfB;
  private int columnsOfTile;
  private int tileColumns;

  /** Whether tiles pack their own panels of B, since none is used by a second tile. */
  private boolean inPlace;

  /** Whether B is not packed at all, since its rows are read in runs for one low panel of A. */
  private boolean inRuns;

  GemmProduct(CpuThreads threads, GemmStore store) {
    this.threads = threads;
    this.store = store;
    int tall = GemmPanels.TALL;
    this.tiles = new float[threads.count()][(TILE_ROWS + tall) * TILE_COLUMNS];
    this.rows = new float[threads.count()][TILE_COLUMNS];
    this.blocksOfB = new float[threads.count()][DEPTH * TILE_COLUMNS];
  }

  /** Takes the operands: op(A) [m, k] and op(B) [k, n], the first of each batch. */
  void prepare(
      boolean transposeA,
      Tensor a,
      long itemStrideA,
      boolean transposeB,
      Tensor b,
      long itemStrideB,
      int m,
      int n,
      int k) {
    this.a.prepare(a, transposeA, itemStrideA);
    this.b.prepare(b, !transposeB, itemStrideB);
    this.m = m;
    this.n = n;
    this.k = k;
  }

  /** Forgets the arrays, so that closed tensors can be collected. */
  void release() {
    a.release();
    b.release();
  }

  /** Multiplies items first.. of A, all with op(B) of item {@code first}, which is packed once. */
  void multiply(int first, int items) {
    boolean small = (long) items * m * n * Math.max(1, k) <= SMALL;
    int slabRows = slab(TILE_ROWS);
    // Several items share a slab of A only where each fits whole.
    int slabItems = slabRows < m ? 1 : Math.clamp(slabRows / (m + GemmPanels.TALL), 1, items);
    itemOfB = first;
    inPlace = slabItems == items && (long) items * (m + GemmPanels.TALL) <= TILE_ROWS;
    int slabColumns = inPlace ? n : slab(TILE_COLUMNS);
    reserve(slabItems, Math.min(slabRows, m), Math.min(slabColumns, n));
    for (int column = 0; column < n; column += slabColumns) {
      slab.setColumns(column, Math.min(slabColumns, n - column));
      if (!inPlace) {
        run(small, packsOf(b, slab.columns(), GemmPanels.COLUMNS, TILE_COLUMNS), packBPanels);
      }
      for (int item = first; item < first + items; item += slabItems) {
        slab.setItems(item, Math.min(slabItems, first + items - item));
        for (int row = 0; row < m; row += slabRows) {
          slab.setRows(row, Math.min(slabRows, m - row));
          run(small, packsOf(a, slab.panels(), 1, PANELS), packAPanels);
          cutTiles();
          run(small, tileColumns * ceil(slab.panels(), PANELS), multiplyTile);
        }
      }
    }
  }

  /** Rows or columns of a slab: as many whole tiles as fit. */
  private int slab(int tile) {
    return (int) Math.max(tile, SLAB / Math.max(1L, k) / tile * tile);
  }

  private void reserve(int items, int rows, int columns) {
    long sizeA = items * RowPanels.capacity(rows, k);
    long sizeB = inPlace ? 0 : (columns + (long) GemmPanels.COLUMNS) * k;
    if (packedA.length < sizeA) {
      packedA = new float[Math.toIntExact(sizeA)];
    }
    if (packedB.length < sizeB) {
      packedB = new float[Math.toIntExact(sizeB)];
    }
  }

  private void run(boolean small, int tasks, CpuThreads.ScratchTask task) {
    if (small) {
      for (int i = 0; i < tasks; i++) {
        task.run(i, 0);
      }
    } else {
      threads.runWithScratch(tasks, task);
    }
  }

  private void cutTiles() {
    inRuns =
        inPlace
            && VectorWidth.BITS == 512
            && b.isAcross()
            && slab.panels() == 1
            && slab.heightOf(0) == GemmPanels.LOW;
    columnsOfTile = TILE_COLUMNS;
    tileColumns = ceil(slab.columns(), columnsOfTile);
    while (!inRuns
        && tileColumns * ceil(slab.panels(), PANELS) < TILES
        && columnsOfTile > 2 * GemmPanels.COLUMNS) {
      columnsOfTile /= 2;
      tileColumns = ceil(slab.columns(), columnsOfTile);
    }
  }

  /**
   * Tasks of packing. Lines of successive steps of k are packed a panel at a time; of lines that
   * lie side by side, a group of panels for one block of k.
   */
  private int packsOf(GemmOperand x, int count, int panel, int group) {
    return x.isAcross() ? ceil(count, group) * ceil(k, DEPTH) : ceil(count, panel);
  }

  private void packA(int index, int thread) {
    if (!a.isAcross()) {
      packA(index, 0, k);
      return;
    }
    int blocks = ceil(k, DEPTH);
    int first = index / blocks * PANELS;
    int end = Math.min(slab.panels(), first + PANELS);
    int begin = index % blocks * DEPTH;
    int stop = Math.min(k, begin + DEPTH);
    for (int k0 = begin; k0 < stop; k0 += TURN) {
      for (int panel = first; panel < end; panel++) {
        packA(panel, k0, Math.min(TURN, stop - k0));
      }
    }
  }

  private void packA(int panel, int k0, int steps) {
    int height = slab.heightOf(panel);
    int to = slab.positionOf(panel) * k + k0 * height;
    int item = slab.itemOf(panel);
    a.pack(item, slab.rowOf(panel), slab.linesOf(panel), height, k0, steps, packedA, to);
  }

  private void packB(int index, int thread) {
    if (!b.isAcross()) {
      int column = index * GemmPanels.COLUMNS;
      packB(column, 0, k, packedB, column * k);
      return;
    }
    int blocks = ceil(k, DEPTH);
    int column = index / blocks * TILE_COLUMNS;
    int k0 = index % blocks * DEPTH;
    int to = column * k + k0 * GemmPanels.COLUMNS;
    packTile(column, TILE_COLUMNS, k0, Math.min(DEPTH, k - k0), packedB, to, k);
  }

  /**
   * Packs steps k0.. of a tile's panels of B.
   *
   * @param depth steps from one panel to the next in {@code target}
   */
  private void packTile(
      int column, int width, int k0, int steps, float[] target, int to, int depth) {
    int end = Math.min(slab.columns(), column + width);
    int turn = b.isAcross() ? TURN : Math.max(1, steps);
    for (int p = 0; p < steps; p += turn) {
      for (int j = column; j < end; j += GemmPanels.COLUMNS) {
        int at = to + (j - column) * depth + p * GemmPanels.COLUMNS;
        packB(j, k0 + p, Math.min(turn, steps - p), target, at);
      }
    }
  }

  private void packB(int column, int k0, int steps, float[] target, int to) {
    int lines = Math.min(GemmPanels.COLUMNS, slab.columns() - column);
    b.pack(itemOfB, slab.column(column), lines, GemmPanels.COLUMNS, k0, steps, target, to);
  }

  private void tile(int index, int thread) {
    int column = index % tileColumns * columnsOfTile;
    int first = index / tileColumns * PANELS;
    int end = Math.min(slab.panels(), first + PANELS);
    int count = Math.min(columnsOfTile, slab.columns() - column);
    float[] sums = tiles[thread];
    int blocks = Math.max(1, ceil(k, DEPTH));
    int depth = ceil(k, blocks);
    for (int block = 0; block < blocks; block++) {
      int k0 = block * depth;
      int kc = Math.min(depth, k - k0);
      float[] blockOfB = packedB;
      int bo = column * k + k0 * GemmPanels.COLUMNS;
      int nextB = GemmPanels.COLUMNS * k;
      int start = 0;
      if (inRuns) {
        start = count / GemmPanels.COLUMNS * GemmPanels.COLUMNS;
        multiplyRuns(column, start, k0, kc, sums, blocksOfB[thread]);
      }
      if (inPlace) {
        blockOfB = blocksOfB[thread];
        packTile(column + start, count - start, k0, kc, blockOfB, 0, kc);
        bo = -start * kc;
        nextB = GemmPanels.COLUMNS * kc;
      }
      boolean last = block == blocks - 1;
      // A shallow block of B stays in the first cache whole, and C is then written along its rows.
      if (kc * ceil(count, GemmPanels.COLUMNS) <= DEPTH) {
        for (int panel = first; panel < end; panel++) {
          for (int j = start; j < count; j += GemmPanels.COLUMNS) {
            int bj = bo + j / GemmPanels.COLUMNS * nextB;
            multiply(panel, first, column, j, count, k0, kc, last, blockOfB, bj, sums);
          }
        }
      } else {
        for (int j = start; j < count; j += GemmPanels.COLUMNS) {
          int bj = bo + j / GemmPanels.COLUMNS * nextB;
          for (int panel = first; panel < end; panel++) {
            multiply(panel, first, column, j, count, k0, kc, last, blockOfB, bj, sums);
          }
        }
      }
    }
    store(first, end, column, count, sums, rows[thread]);
  }

  /** One low panel of A times rows of B as they lie, of the tile's first {@code count} columns. */
  private void multiplyRuns(
      int column, int count, int k0, int kc, float[] sums, float[] blockSums) {
    int ao = slab.positionOf(0) * k + k0 * GemmPanels.LOW;
    int bo = b.placeOf(itemOfB, slab.column(column), k0);
    float[] c = k0 == 0 ? sums : blockSums;
    RunKernel.multiply(packedA, ao, b.array(), bo, b.stride(), kc, count, c, 0);
    if (k0 > 0) {
      RunKernel.add(blockSums, sums, GemmPanels.LOW * count);
    }
  }

  /** One panel of A times one of B, the tile's columns {@code j...}. */
  private void multiply(
      int panel,
      int first,
      int column,
      int j,
      int count,
      int k0,
      int kc,
      boolean last,
      float[] blockOfB,
      int bo,
      float[] sums) {
    int height = slab.heightOf(panel);
    boolean tall = height == GemmPanels.TALL;
    int ao = slab.positionOf(panel) * k + k0 * height;
    int at = sumsOf(panel, first, j, height);
    if (last && isWhole(panel, count - j)) {
      int co = store.placeOf(slab.itemOf(panel), slab.rowOf(panel), slab.column(column + j));
      float[] c = store.target();
      int stride = store.stride();
      GemmPanels.multiply(tall, packedA, ao, blockOfB, bo, kc, k0 > 0, sums, at, c, co, stride);
    } else {
      GemmPanels.multiply(tall, packedA, ao, blockOfB, bo, kc, sums, at, k0 > 0);
    }
  }

  /** Whether a kernel's sums are all wanted, as they are: it then writes them to C itself. */
  private boolean isWhole(int panel, int columns) {
    return store.isPlain()
        && !inRuns
        && columns >= GemmPanels.COLUMNS
        && slab.linesOf(panel) == slab.heightOf(panel);
  }

  /** Where the sums [height][panel columns] of one panel of A with one of B lie in a tile. */
  private int sumsOf(int panel, int first, int j, int height) {
    return (slab.positionOf(panel) - slab.positionOf(first)) * TILE_COLUMNS + j * height;
  }

  /** Stores what the kernels have not. */
  private void store(int first, int end, int column, int count, float[] sums, float[] row) {
    int width = GemmPanels.COLUMNS;
    for (int panel = first; panel < end; panel++) {
      int height = slab.heightOf(panel);
      int item = slab.itemOf(panel);
      for (int r = 0; r < slab.linesOf(panel); r++) {
        int from = sumsOf(panel, first, 0, height) + r * width;
        int i = slab.rowOf(panel) + r;
        if (store.isPlain()) {
          for (int j = 0; j < count; j += width) {
            if (!isWhole(panel, count - j)) {
              int to = store.placeOf(item, i, slab.column(column + j));
              int n = Math.min(width, count - j);
              System.arraycopy(sums, from + j * height, store.target(), to, n);
            }
          }
          continue;
        }
        for (int j = 0; j < count; j += width) {
          System.arraycopy(sums, from + j * height, row, j, width);
        }
        store.row(item, i, slab.column(column), count, row);
      }
    }
  }

  private static int ceil(int x, int unit) {
    return (x + unit - 1) / unit;
  }
}
