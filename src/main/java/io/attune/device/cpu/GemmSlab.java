package io.attune.device.cpu;

/**
 * The part of C that packed slabs of the operands give: some rows of one item, or some whole items,
 * by some columns. Its rows are cut into panels, those of one item after those of another.
 */
final class GemmSlab {
  private final RowPanels panels = new RowPanels();
  private int firstItem;
  private int items;
  private int firstRow;
  private int firstColumn;
  private int columns;

  void setColumns(int first, int count) {
    firstColumn = first;
    columns = count;
  }

  void setItems(int first, int count) {
    firstItem = first;
    items = count;
  }

  void setRows(int first, int count) {
    firstRow = first;
    panels.cut(count);
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
}
