package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/** Packs what tiles need of the operands: the rows of a row of tiles, the columns of a column. */
final class GemmPacking {
  /**
   * Steps for which neighbouring panels are packed by turns, so that rows are read in long runs.
   */
  private static final int TURN = 16;

  private final GemmOperand a = new GemmOperand();
  private final GemmOperand b = new GemmOperand();
  private final GemmSlab slab;
  private int itemOfB;

  GemmPacking(GemmSlab slab) {
    this.slab = slab;
  }

  /** Takes the operands: op(A) [m, k] and op(B) [k, n], the first of each batch. */
  void prepare(
      boolean transposeA,
      Tensor a,
      long itemStrideA,
      boolean transposeB,
      Tensor b,
      long itemStrideB) {
    this.a.prepare(a, transposeA, itemStrideA);
    this.b.prepare(b, !transposeB, itemStrideB);
  }

  /** Forgets the arrays, so that closed tensors can be collected. */
  void release() {
    a.release();
    b.release();
  }

  void setItemOfB(int item) {
    itemOfB = item;
  }

  /** Packs steps k0.. of panels {@code first} to {@code end} of op(A). */
  void rows(int first, int end, int k0, int steps, PackedPanels target) {
    int turn = a.isAcross() ? TURN : Math.max(1, steps);
    for (int p = k0; p < k0 + steps; p += turn) {
      int count = Math.min(turn, k0 + steps - p);
      for (int panel = first; panel < end; panel++) {
        int height = slab.heightOf(panel);
        int to = target.placeOf(slab.positionOf(panel), height, p);
        int item = slab.itemOf(panel);
        int lines = slab.linesOf(panel);
        a.pack(item, slab.rowOf(panel), lines, height, p, count, target.array(), to);
      }
    }
  }

  /** Packs steps k0.. of the slab's columns {@code first} to {@code end} of op(B). */
  void columns(int first, int end, int k0, int steps, PackedPanels target) {
    int width = GemmPanels.COLUMNS;
    int turn = b.isAcross() ? TURN : Math.max(1, steps);
    for (int p = k0; p < k0 + steps; p += turn) {
      int count = Math.min(turn, k0 + steps - p);
      for (int j = first; j < end; j += width) {
        int to = target.placeOf(j, width, p);
        int lines = Math.min(width, end - j);
        b.pack(itemOfB, slab.column(j), lines, width, p, count, target.array(), to);
      }
    }
  }

  /** Whether the rows of op(B) are runs of neighbouring elements. */
  boolean isBInRows() {
    return b.isAcross();
  }

  /** The array behind op(B). */
  float[] arrayOfB() {
    return b.array();
  }

  /** Where step k of a column of the slab lies in {@link #arrayOfB}. */
  int placeInB(int column, int step) {
    return b.placeOf(itemOfB, slab.column(column), step);
  }

  int strideOfB() {
    return b.stride();
  }
}
