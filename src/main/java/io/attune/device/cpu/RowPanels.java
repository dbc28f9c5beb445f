package io.attune.device.cpu;

/**
 * How the rows of op(A) are cut into panels: tall ones first; what is left goes into low ones,
 * unless one more tall one wastes little. With k steps, the panel that begins at row i lies at
 * element i k of the packed operand.
 */
final class RowPanels {
  private int rows;
  private int tall;
  private int count;

  void cut(int rows) {
    this.rows = rows;
    tall = rows / GemmPanels.TALL;
    int rest = rows - tall * GemmPanels.TALL;
    int low = (rest + GemmPanels.LOW - 1) / GemmPanels.LOW;
    if (low * GemmPanels.LOW >= GemmPanels.TALL - 2) {
      tall += 1;
      low = 0;
    }
    count = tall + low;
  }

  /** Number of panels. */
  int count() {
    return count;
  }

  /** First row of a panel; of the panel after the last, the rows of all, padding included. */
  int rowOf(int panel) {
    return panel <= tall
        ? panel * GemmPanels.TALL
        : tall * GemmPanels.TALL + (panel - tall) * GemmPanels.LOW;
  }

  int heightOf(int panel) {
    return panel < tall ? GemmPanels.TALL : GemmPanels.LOW;
  }

  /** Rows of a panel that exist; the others are padding. */
  int linesOf(int panel) {
    return Math.min(heightOf(panel), rows - rowOf(panel));
  }

  /** Elements to reserve for this many rows with k steps, however they are cut. */
  static long capacity(int rows, int k) {
    return (rows + (long) GemmPanels.TALL) * Math.max(1, k);
  }
}
