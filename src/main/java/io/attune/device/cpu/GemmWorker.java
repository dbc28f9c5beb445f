package io.attune.device.cpu;

import java.util.Arrays;

/**
 * One thread's part of a product: it multiplies tiles of C, over all of K in blocks whose panel of
 * B stays in the first cache and whose panels of A stay in the second, and hands their rows to
 * {@link GemmStore}.
 *
 * <p>The thread packs what its tiles need by itself, a block just before it is first multiplied:
 * the lines of the side that its tiles run along are kept for all its tiles of the slab, those of
 * the other side for the tiles that follow on them. So no thread waits for another's packing, nor
 * writes or reads what lies in another core's cache, which on processors of several dies costs more
 * than packing twice.
 */
final class GemmWorker {
  /** Steps of k in a block: a panel of B (32 columns) is then 32 KB. */
  static final int DEPTH = 256;

  private final GemmSlab slab;
  private final GemmPacking packing;
  private final GemmStore store;
  private final PackedPanels kept = new PackedPanels();
  private final PackedPanels current = new PackedPanels();
  private final float[] sums =
      new float[(GemmSlab.TILE_ROWS + GemmPanels.TALL) * GemmSlab.TILE_COLUMNS];
  private final float[] blockSums = new float[GemmPanels.LOW * GemmSlab.TILE_COLUMNS];
  private final float[] row = new float[GemmSlab.TILE_COLUMNS];
  private boolean[] isKept = new boolean[0];
  private int seenSlab;
  private int currentTiles;

  private PackedPanels a;
  private PackedPanels b;
  private int first;
  private int end;
  private int column;
  private int count;
  private int k0;
  private int kc;
  private boolean isLast;

  GemmWorker(GemmSlab slab, GemmPacking packing, GemmStore store) {
    this.slab = slab;
    this.packing = packing;
    this.store = store;
  }

  /** Makes room for a slab that is cut; called before its round. */
  void reserve(long keptElements, long currentElements) {
    kept.reserve(keptElements);
    current.reserve(currentElements);
    if (isKept.length < slab.keptTiles()) {
      isKept = new boolean[slab.keptTiles()];
    }
  }

  /** The panels kept for all tiles of a slab. */
  PackedPanels kept() {
    return kept;
  }

  /**
   * Multiplies a tile.
   *
   * @param k steps of the product
   * @param runs whether B is not packed but read in runs, for one low panel of A
   * @param shared panels of the kept side that all threads packed together; null if each for itself
   */
  void tile(int tile, int k, boolean runs, PackedPanels shared) {
    boolean down = slab.isDown();
    int tileRow = slab.tileRowOf(tile);
    int tileColumn = slab.tileColumnOf(tile);
    int keptTiles = down ? tileRow : tileColumn;
    int otherTiles = down ? tileColumn : tileRow;
    meetSlab(k);
    boolean once = slab.keptTiles() == 1;
    boolean packsKept = shared == null && !isKept[keptTiles];
    boolean packsCurrent = once || currentTiles != otherTiles;
    currentTiles = -1;
    PackedPanels along = shared == null ? kept : shared;
    a = down ? along : current;
    b = down ? current : along;
    first = slab.firstPanelOf(tileRow);
    end = slab.firstPanelOf(tileRow + 1);
    column = slab.firstColumnOf(tileColumn);
    count = slab.firstColumnOf(tileColumn + 1) - column;
    int start = runs ? count / GemmPanels.COLUMNS * GemmPanels.COLUMNS : 0;
    int line = down ? column + start : slab.positionOf(first);
    current.begin(line, 0, k);
    int blocks = Math.max(1, ceil(k, DEPTH));
    int depth = ceil(k, blocks);
    for (int block = 0; block < blocks; block++) {
      k0 = block * depth;
      kc = Math.min(depth, k - k0);
      isLast = block == blocks - 1;
      if (once) {
        current.begin(line, k0, kc);
      }
      if (down ? packsKept : packsCurrent) {
        packing.rows(first, end, k0, kc, a);
      }
      if (down ? packsCurrent : packsKept) {
        packing.columns(column + start, column + count, k0, kc, b);
      }
      if (runs) {
        multiplyRuns(start);
      }
      multiplyBlock(start);
    }
    isKept[keptTiles] = true;
    currentTiles = otherTiles;
    store(runs);
  }

  private void meetSlab(int k) {
    if (seenSlab != slab.number()) {
      seenSlab = slab.number();
      Arrays.fill(isKept, false);
      currentTiles = -1;
      kept.begin(0, 0, k);
    }
  }

  /** One low panel of A times rows of B as they lie, of the tile's first {@code columns}. */
  private void multiplyRuns(int columns) {
    int ao = a.placeOf(slab.positionOf(first), GemmPanels.LOW, k0);
    int bo = packing.placeInB(column, k0);
    float[] c = k0 == 0 ? sums : blockSums;
    RunKernel.multiply(
        a.array(), ao, packing.arrayOfB(), bo, packing.strideOfB(), kc, columns, c, 0);
    if (k0 > 0) {
      RunKernel.add(blockSums, sums, GemmPanels.LOW * columns);
    }
  }

  /** A block of the tile's panels of A times those of B, from column {@code start} of the tile. */
  private void multiplyBlock(int start) {
    // A shallow block of B stays in the first cache whole, and C is then written along its rows.
    if (kc * ceil(count, GemmPanels.COLUMNS) <= DEPTH) {
      for (int panel = first; panel < end; panel++) {
        for (int j = start; j < count; j += GemmPanels.COLUMNS) {
          multiply(panel, j);
        }
      }
    } else {
      for (int j = start; j < count; j += GemmPanels.COLUMNS) {
        for (int panel = first; panel < end; panel++) {
          multiply(panel, j);
        }
      }
    }
  }

  /** One panel of A times one of B, the tile's columns {@code j...}. */
  private void multiply(int panel, int j) {
    int height = slab.heightOf(panel);
    boolean tall = height == GemmPanels.TALL;
    int ao = a.placeOf(slab.positionOf(panel), height, k0);
    int bo = b.placeOf(column + j, GemmPanels.COLUMNS, k0);
    int at = sumsOf(panel, j, height);
    if (isLast && isWhole(panel, count - j)) {
      int co = store.placeOf(slab.itemOf(panel), slab.rowOf(panel), slab.column(column + j));
      GemmPanels.multiply(
          tall,
          a.array(),
          ao,
          b.array(),
          bo,
          kc,
          k0 > 0,
          sums,
          at,
          store.target(),
          co,
          store.stride());
    } else {
      GemmPanels.multiply(tall, a.array(), ao, b.array(), bo, kc, sums, at, k0 > 0);
    }
  }

  /** Whether a kernel's sums are all wanted, as they are: it then writes them to C itself. */
  private boolean isWhole(int panel, int columns) {
    return store.isPlain()
        && columns >= GemmPanels.COLUMNS
        && slab.linesOf(panel) == slab.heightOf(panel);
  }

  /** Where the sums [height][panel columns] of one panel of A with one of B lie in a tile. */
  private int sumsOf(int panel, int j, int height) {
    return (slab.positionOf(panel) - slab.positionOf(first)) * GemmSlab.TILE_COLUMNS + j * height;
  }

  /** Stores what the kernels have not; those that read B in runs have stored nothing. */
  private void store(boolean runs) {
    int width = GemmPanels.COLUMNS;
    for (int panel = first; panel < end; panel++) {
      int height = slab.heightOf(panel);
      int item = slab.itemOf(panel);
      for (int r = 0; r < slab.linesOf(panel); r++) {
        int from = sumsOf(panel, 0, height) + r * width;
        int i = slab.rowOf(panel) + r;
        if (store.isPlain()) {
          for (int j = 0; j < count; j += width) {
            if (runs || !isWhole(panel, count - j)) {
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
