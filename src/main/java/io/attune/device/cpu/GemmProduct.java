package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * A cache-blocked product after Goto and van de Geijn ("Anatomy of high-performance matrix
 * multiplication", 2008). Slabs of op(B) and op(A) are packed into panels; then each task
 * multiplies one tile of C, over all of K in blocks whose panel of B stays in the first cache and
 * whose panels of A stay in the second, and hands its rows to {@link GemmStore}. Where C has but
 * one row of tiles, each packs its panels of B by itself, just before it multiplies them. K is
 * never divided between threads, and every element is one sum in one order, whatever rows stand
 * beside it: an image's embedding does not depend on the batch it came in.
 */
final class GemmProduct {
  /** Steps of k in a block: a panel of B (32 columns) is then 32 KB. */
  private static final int DEPTH = 256;

  /** Rows of a tile: 140 = 10 tall panels; a block of A is then 140 KB. */
  private static final int TILE_ROWS = 140;

  private static final int TILE_COLUMNS = 256;

  /** Tiles that a product should at least be cut into, for the sake of many cores. */
  private static final int TILES = 32;

  /** Elements of a packed slab, about: 8 MB, so that both slabs share the third cache. */
  private static final int SLAB = 1 << 21;

  /** Multiply-adds below which waking other threads costs more than it gains. */
  private static final long SMALL = 1 << 17;

  private final CpuThreads threads;
  private final GemmStore store;
  private final float[][] tiles;
  private final float[][] rows;
  private final float[][] blocksOfB;
  private float[] packedA = new float[0];
  private float[] packedB = new float[0];
  private final RowPanels panels = new RowPanels();
  private final CpuThreads.ScratchTask packAPanel = this::packA;
  private final CpuThreads.ScratchTask packBPanel = this::packB;
  private final CpuThreads.ScratchTask multiplyTile = this::tile;

  private boolean transposeA;
  private float[] a;
  private int aOffset;
  private int aStride;
  private boolean transposeB;
  private float[] b;
  private int bOffset;
  private int bStride;
  private long itemStrideA;
  private long itemStrideB;
  private int m;
  private int n;
  private int k;

  /** The slab of C under way: items item0.., of each rows row0.., columns column0... */
  private int item0;

  private int row0;
  private int column0;
  private int columnCount;
  private int itemOfB;

  /** Panels of A in the slab: those of one item after those of another. */
  private int panelCount;

  private int panelsOfTile;
  private int columnsOfTile;
  private int tileColumns;

  /** Whether tiles pack their own panels of B, since none is used by a second tile. */
  private boolean inPlace;

  GemmProduct(CpuThreads threads, GemmStore store) {
    this.threads = threads;
    this.store = store;
    int tall = GemmPanels.TALL;
    this.tiles = new float[threads.count()][(TILE_ROWS + tall) * TILE_COLUMNS];
    this.rows = new float[threads.count()][TILE_COLUMNS];
    this.blocksOfB = new float[threads.count()][DEPTH * GemmPanels.COLUMNS];
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
    this.transposeA = transposeA;
    this.a = CpuBuffer.floats(a);
    this.aOffset = CpuBuffer.offset(a);
    this.aStride = CpuBuffer.stride(a);
    this.itemStrideA = itemStrideA;
    this.transposeB = transposeB;
    this.b = CpuBuffer.floats(b);
    this.bOffset = CpuBuffer.offset(b);
    this.bStride = CpuBuffer.stride(b);
    this.itemStrideB = itemStrideB;
    this.m = m;
    this.n = n;
    this.k = k;
  }

  /** Forgets the arrays, so that closed tensors can be collected. */
  void release() {
    a = null;
    b = null;
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
    for (column0 = 0; column0 < n; column0 += slabColumns) {
      columnCount = Math.min(slabColumns, n - column0);
      if (!inPlace) {
        run(small, ceil(columnCount, GemmPanels.COLUMNS), packBPanel);
      }
      for (item0 = first; item0 < first + items; item0 += slabItems) {
        int itemCount = Math.min(slabItems, first + items - item0);
        for (row0 = 0; row0 < m; row0 += slabRows) {
          panels.cut(Math.min(slabRows, m - row0));
          panelCount = itemCount * panels.count();
          run(small, panelCount, packAPanel);
          cutTiles();
          run(small, tileColumns * ceil(panelCount, panelsOfTile), multiplyTile);
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
    panelsOfTile = Math.max(1, TILE_ROWS / GemmPanels.TALL);
    columnsOfTile = TILE_COLUMNS;
    tileColumns = ceil(columnCount, columnsOfTile);
    while (tileColumns * ceil(panelCount, panelsOfTile) < TILES
        && columnsOfTile > 2 * GemmPanels.COLUMNS) {
      columnsOfTile /= 2;
      tileColumns = ceil(columnCount, columnsOfTile);
    }
  }

  private int itemOf(int panel) {
    return panel / panels.count();
  }

  private int heightOf(int panel) {
    return panels.heightOf(panel % panels.count());
  }

  /** First row of a panel among the packed rows of all items, padding included. */
  private int positionOf(int panel) {
    int local = panel % panels.count();
    return itemOf(panel) * panels.rowOf(panels.count()) + panels.rowOf(local);
  }

  private void packA(int panel, int thread) {
    int local = panel % panels.count();
    int height = panels.heightOf(local);
    int lines = panels.linesOf(local);
    int first = row0 + panels.rowOf(local);
    int item = Math.toIntExact((item0 + itemOf(panel)) * itemStrideA);
    int from = aOffset + item + (transposeA ? first : first * aStride);
    int to = positionOf(panel) * k;
    GemmPanels.pack(a, from, aStride, transposeA, lines, height, k, packedA, to);
  }

  private void packB(int panel, int thread) {
    int column = panel * GemmPanels.COLUMNS;
    packB(column, 0, k, packedB, column * k);
  }

  /** Packs one panel's steps k0.. of op(B), of the slab's columns {@code column...}. */
  private void packB(int column, int k0, int steps, float[] target, int to) {
    int width = GemmPanels.COLUMNS;
    int first = column0 + column;
    int item = Math.toIntExact(itemOfB * itemStrideB);
    int from = bOffset + item + (transposeB ? first * bStride + k0 : first + k0 * bStride);
    int lines = Math.min(width, columnCount - column);
    GemmPanels.pack(b, from, bStride, !transposeB, lines, width, steps, target, to);
  }

  private void tile(int index, int thread) {
    int column = index % tileColumns * columnsOfTile;
    int firstPanel = index / tileColumns * panelsOfTile;
    int endPanel = Math.min(panelCount, firstPanel + panelsOfTile);
    int count = Math.min(columnsOfTile, columnCount - column);
    int panelsOfB = ceil(count, GemmPanels.COLUMNS);
    float[] sums = tiles[thread];
    int blocks = Math.max(1, ceil(k, DEPTH));
    int depth = ceil(k, blocks);
    for (int block = 0; block < blocks; block++) {
      int k0 = block * depth;
      int kc = Math.min(depth, k - k0);
      for (int jr = 0; jr < panelsOfB; jr++) {
        int columnOfB = column + jr * GemmPanels.COLUMNS;
        float[] panelOfB = packedB;
        int bo = columnOfB * k + k0 * GemmPanels.COLUMNS;
        if (inPlace) {
          panelOfB = blocksOfB[thread];
          bo = 0;
          packB(columnOfB, k0, kc, panelOfB, bo);
        }
        for (int panel = firstPanel; panel < endPanel; panel++) {
          int height = heightOf(panel);
          int ao = positionOf(panel) * k + k0 * height;
          int co = sumsOf(panel, firstPanel, jr, height);
          GemmPanels.multiply(
              height == GemmPanels.TALL, packedA, ao, panelOfB, bo, kc, sums, co, block > 0);
        }
      }
    }
    store(firstPanel, endPanel, column, count, sums, rows[thread]);
  }

  /** Where the sums [height][panel columns] of one panel of A with one of B lie in a tile. */
  private int sumsOf(int panel, int firstPanel, int jr, int height) {
    return (positionOf(panel) - positionOf(firstPanel)) * TILE_COLUMNS
        + jr * height * GemmPanels.COLUMNS;
  }

  private void store(
      int firstPanel, int endPanel, int column, int count, float[] sums, float[] row) {
    int width = GemmPanels.COLUMNS;
    for (int panel = firstPanel; panel < endPanel; panel++) {
      int height = heightOf(panel);
      int local = panel % panels.count();
      int existing = panels.linesOf(local);
      for (int r = 0; r < existing; r++) {
        int from = sumsOf(panel, firstPanel, 0, height) + r * width;
        int item = item0 + itemOf(panel);
        int i = row0 + panels.rowOf(local) + r;
        if (store.isPlain()) {
          for (int j = 0; j < count; j += width) {
            int n = Math.min(width, count - j);
            store.copy(item, i, column0 + column + j, n, sums, from + j * height);
          }
          continue;
        }
        for (int j = 0; j < count; j += width) {
          System.arraycopy(sums, from + j * height, row, j, width);
        }
        store.row(item, i, column0 + column, count, row);
      }
    }
  }

  private static int ceil(int x, int unit) {
    return (x + unit - 1) / unit;
  }
}
