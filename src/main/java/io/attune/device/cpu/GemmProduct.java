package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * A cache-blocked product after Goto and van de Geijn ("Anatomy of high-performance matrix
 * multiplication", 2008). C is worked on in slabs, small enough for what a thread keeps packed of
 * one operand, and a slab in tiles, which {@link GemmWorker} packs and multiplies in one round. K
 * is never divided between threads, and every element is one sum in one order, whatever rows stand
 * beside it: an image's embedding does not depend on the batch it came in.
 */
final class GemmProduct {
  /** Elements of what is kept packed, about: 10 MB, a part of the third cache. */
  private static final int SLAB = 5 << 19;

  /** Multiply-adds below which waking other threads costs more than it gains. */
  private static final long SMALL = 1 << 17;

  /** Steps up to which writing C is the work, so that threads divide its rows. */
  private static final int SHALLOW = 32;

  /**
   * Lines of the divided side of C for each thread from which each packs the other side for itself:
   * that then takes at most a tenth of its time. With fewer, all pack it together first.
   */
  private static final int SHARE = 256;

  private final CpuThreads threads;
  private final GemmSlab slab = new GemmSlab();
  private final GemmPacking packing = new GemmPacking(slab);
  private final GemmWorker[] workers;
  private final CpuThreads.ScratchTask packKept = this::packKept;
  private final CpuThreads.ScratchTask multiplyTile = this::tile;

  private int m;
  private int n;
  private int k;
  private boolean isSmall;
  private boolean isShared;
  private boolean isInRuns;

  GemmProduct(CpuThreads threads, GemmStore store) {
    this.threads = threads;
    this.workers = new GemmWorker[threads.count()];
    for (int thread = 0; thread < workers.length; thread++) {
      workers[thread] = new GemmWorker(slab, packing, store);
    }
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
    packing.prepare(transposeA, a, itemStrideA, transposeB, b, itemStrideB);
    this.m = m;
    this.n = n;
    this.k = k;
  }

  /** Forgets the arrays, so that closed tensors can be collected. */
  void release() {
    packing.release();
  }

  /**
   * Multiplies items first.. of A, all with op(B) of item {@code first}. The longer side of C is
   * divided between the threads.
   */
  void multiply(int first, int items) {
    long rows = (long) items * m;
    boolean down = n >= rows && (k > SHALLOW || rows <= GemmSlab.TILE_ROWS);
    long divided = down ? n : rows;
    isSmall = rows * n * Math.max(1, k) <= SMALL;
    isShared = !isSmall && threads.count() > 1 && divided < (long) SHARE * threads.count();
    packing.setItemOfB(first);
    int slabColumns = down ? n : slab(GemmSlab.TILE_COLUMNS);
    int slabRows = down ? slab(GemmSlab.TILE_ROWS) : m;
    // Several items share a slab only where each fits whole.
    int slabItems = down ? Math.clamp(slabRows / (m + GemmPanels.TALL), 1, items) : items;
    for (int column = 0; column < n; column += slabColumns) {
      slab.setColumns(column, Math.min(slabColumns, n - column));
      for (int item = first; item < first + items; item += slabItems) {
        slab.setItems(item, Math.min(slabItems, first + items - item));
        for (int row = 0; row < m; row += slabRows) {
          slab.setRows(row, Math.min(slabRows, m - row));
          multiplySlab(down);
        }
      }
    }
  }

  /** Rows or columns of a slab: as many whole tiles as fit. */
  private int slab(int tile) {
    return (int) Math.max(tile, SLAB / Math.max(1L, k) / tile * tile);
  }

  private void multiplySlab(boolean down) {
    slab.cut(down, k);
    isInRuns =
        down
            && VectorWidth.BITS == 512
            && packing.isBInRows()
            && slab.panels() == 1
            && slab.heightOf(0) == GemmPanels.LOW;
    if (isInRuns) {
      slab.widenTiles();
    }
    reserve(down);
    if (isShared) {
      workers[0].kept().begin(0, 0, k);
      run(packs(), packKept);
    }
    run(slab.tiles(), multiplyTile);
  }

  private void reserve(boolean down) {
    int last = slab.panels() - 1;
    long rows = slab.positionOf(last) + slab.heightOf(last);
    long columns = (long) ceil(slab.columns(), GemmPanels.COLUMNS) * GemmPanels.COLUMNS;
    long tileRows = Math.min(rows, GemmSlab.TILE_ROWS + GemmPanels.TALL);
    long tileColumns = Math.min(columns, slab.columnsOfTile());
    int steps = slab.keptTiles() == 1 ? Math.min(k, GemmWorker.DEPTH) : k;
    long keptElements = (down ? rows : columns) * k;
    long currentElements = (down ? tileColumns : tileRows) * steps;
    int sharing = isSmall ? 1 : workers.length;
    for (int thread = 0; thread < sharing; thread++) {
      workers[thread].reserve(isShared && thread > 0 ? 0 : keptElements, currentElements);
    }
  }

  private void run(int tasks, CpuThreads.ScratchTask task) {
    if (isSmall) {
      for (int i = 0; i < tasks; i++) {
        task.run(i, 0);
      }
    } else {
      threads.runWithScratch(tasks, task);
    }
  }

  /** Tasks of packing what all threads keep: a row or column of tiles, for one block of k. */
  private int packs() {
    return slab.keptTiles() * ceil(k, GemmWorker.DEPTH);
  }

  private void packKept(int index, int thread) {
    int blocks = ceil(k, GemmWorker.DEPTH);
    int tiles = index / blocks;
    int k0 = index % blocks * GemmWorker.DEPTH;
    int steps = Math.min(GemmWorker.DEPTH, k - k0);
    PackedPanels kept = workers[0].kept();
    if (slab.isDown()) {
      packing.rows(slab.firstPanelOf(tiles), slab.firstPanelOf(tiles + 1), k0, steps, kept);
    } else {
      packing.columns(slab.firstColumnOf(tiles), slab.firstColumnOf(tiles + 1), k0, steps, kept);
    }
  }

  private void tile(int index, int thread) {
    workers[thread].tile(index, k, isInRuns, isShared ? workers[0].kept() : null);
  }

  private static int ceil(int x, int unit) {
    return (x + unit - 1) / unit;
  }
}
