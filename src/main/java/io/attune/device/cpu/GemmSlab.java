package io.attune.device.cpu;

/**
 * The part of C that is worked on in one round: some rows of one item, or some whole items, by some
 * columns. Its rows are cut into panels, those of one item after those of another, and its panels
 * and columns into tiles, the tasks of the round.
 *
 * <p>Tiles are numbered down the columns of C where its columns are divided between threads, else
 * along its rows. A thread's share, neighbouring tiles, then meets few lines of the divided side,
 * which others hardly need, and all of the other side, which is kept packed.
 */
final class GemmSlab {
  static final int TILE_COLUMNS = 256;

  /** Rows of a tile: 140 = 10 tall panels; 256 steps of them are 140 KB. */
  static final int TILE_ROWS = 140;

  private static final int TILE_PANELS = Math.max(1, TILE_ROWS / GemmPanels.TALL);

  /** Tiles that a product should at least be cut into, for the sake of many cores. */
  private static final int TILES = 32;

  /** Elements of a tile's columns, about: 4 MB. */
  private static final int TILE_ELEMENTS = 1 << 20;

  private final RowPanels panels = new RowPanels();
  private boolean down;
  private int number;
  private int firstItem;
  private int items;
  private int firstRow;
  private int firstColumn;
  private int columns;
  private int columnsOfTile;
  private int tileRows;
  private int tileColumns;

  void setItems(int first, int count) {
    firstItem = first;
    items = count;
  }

  void setRows(int first, int count) {
    firstRow = first;
    panels.cut(count);
  }

  void setColumns(int first, int count) {
    firstColumn = first;
    columns = count;
  }

  /**
   * Cuts the slab into tiles.
   *
   * @param down whether they are numbered down the columns
   * @param k steps of the product
   */
  void cut(boolean down, int k) {
    this.down = down;
    number++;
    tileRows = ceil(panels(), TILE_PANELS);
    columnsOfTile = TILE_COLUMNS;
    tileColumns = ceil(columns, columnsOfTile);
    while (columnsOfTile > 2 * GemmPanels.COLUMNS
        && (tileColumns * tileRows < TILES
            || down && tileRows > 1 && (long) columnsOfTile * k > TILE_ELEMENTS)) {
      columnsOfTile /= 2;
      tileColumns = ceil(columns, columnsOfTile);
    }
  }

  /** Makes each tile as wide as can be. */
  void widenTiles() {
    columnsOfTile = TILE_COLUMNS;
    tileColumns = ceil(columns, columnsOfTile);
  }

  /** Tells this slab from others before and after it. */
  int number() {
    return number;
  }

  boolean isDown() {
    return down;
  }

  int tiles() {
    return tileRows * tileColumns;
  }

  /** Rows of tiles, or columns of tiles: of the side that is kept packed. */
  int keptTiles() {
    return down ? tileRows : tileColumns;
  }

  int tileRowOf(int tile) {
    return down ? tile % tileRows : tile / tileColumns;
  }

  int tileColumnOf(int tile) {
    return down ? tile / tileRows : tile % tileColumns;
  }

  /** First panel of a row of tiles; of the one after the last, the number of panels. */
  int firstPanelOf(int tileRow) {
    return Math.min(panels(), tileRow * TILE_PANELS);
  }

  /**
   * First of a column of tiles' columns, counted from the slab's; of the one after, their number.
   */
  int firstColumnOf(int tileColumn) {
    return Math.min(columns, tileColumn * columnsOfTile);
  }

  int columnsOfTile() {
    return columnsOfTile;
  }

  /** A column of C. */
  int column(int column) {
    return firstColumn + column;
  }

  int columns() {
    return columns;
  }

  /** Number of panels of rows, of all items. */
  int panels() {
    return items * panels.count();
  }

  /** A panel's item. */
  int itemOf(int panel) {
    return firstItem + indexOf(panel);
  }

  /** A panel's first row of C. */
  int rowOf(int panel) {
    return firstRow + panels.rowOf(localOf(panel));
  }

  /** Rows of a panel that exist; the others are padding. */
  int linesOf(int panel) {
    return panels.linesOf(localOf(panel));
  }

  int heightOf(int panel) {
    return panels.heightOf(localOf(panel));
  }

  /** First row of a panel among the packed rows of all items, padding included. */
  int positionOf(int panel) {
    return indexOf(panel) * panels.rowOf(panels.count()) + panels.rowOf(localOf(panel));
  }

  /** Division takes as long as some steps of a micro-kernel: most products have one item. */
  private int indexOf(int panel) {
    return items == 1 ? 0 : panel / panels.count();
  }

  private int localOf(int panel) {
    return items == 1 ? panel : panel % panels.count();
  }

  private static int ceil(int x, int unit) {
    return (x + unit - 1) / unit;
  }
}
