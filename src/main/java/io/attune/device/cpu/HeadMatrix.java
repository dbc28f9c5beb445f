package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * One head's columns of one sequence's rows: the matrix [rows, d] at an offset of an array.
 * Mutable, so that threads keep and move them without allocating.
 */
final class HeadMatrix {
  float[] array;
  int offset;
  int stride;

  /** Moves to the rows of a sequence and the columns of a head. */
  void moveTo(Tensor tensor, int sequence, int rows, int head, int headSize) {
    array = CpuBuffer.floats(tensor);
    stride = CpuBuffer.stride(tensor);
    offset = CpuBuffer.offset(tensor) + sequence * rows * stride + head * headSize;
  }

  void release() {
    array = null;
  }

  /** Packs all rows as panels [d][height] of an A operand: rows of the product. */
  void packRows(RowPanels panels, int headSize, float[] target) {
    for (int p = 0; p < panels.count(); p++) {
      int row = panels.rowOf(p);
      GemmPanels.pack(
          array,
          offset + row * stride,
          stride,
          false,
          panels.linesOf(p),
          panels.heightOf(p),
          headSize,
          target,
          row * headSize);
    }
  }

  /** Packs all columns as panels [rows][height] of an A operand: rows of the transposed product. */
  void packColumns(RowPanels panels, int rows, float[] target) {
    for (int p = 0; p < panels.count(); p++) {
      int column = panels.rowOf(p);
      GemmPanels.pack(
          array,
          offset + column,
          stride,
          true,
          panels.linesOf(p),
          panels.heightOf(p),
          rows,
          target,
          column * rows);
    }
  }

  /**
   * Packs rows {@code first...} as one panel [d][columns] of a B operand: columns of the product.
   */
  void packAsColumns(int first, int count, int headSize, float[] target) {
    GemmPanels.pack(
        array,
        offset + first * stride,
        stride,
        false,
        count,
        GemmPanels.COLUMNS,
        headSize,
        target,
        0);
  }

  /**
   * Packs rows {@code first...} as panels [columns][columns] of a B operand that spans the head's
   * columns; steps beyond {@code count} are zeros.
   */
  void packAsSteps(int first, int count, int headSize, float[] target) {
    int width = GemmPanels.COLUMNS;
    java.util.Arrays.fill(target, 0, stepsSize(headSize), 0f);
    for (int column = 0; column < headSize; column += width) {
      GemmPanels.pack(
          array,
          offset + first * stride + column,
          stride,
          true,
          Math.min(width, headSize - column),
          width,
          count,
          target,
          column * width);
    }
  }

  /** Elements that {@link #packAsSteps} needs. */
  static int stepsSize(int headSize) {
    int width = GemmPanels.COLUMNS;
    return (headSize + width - 1) / width * width * width;
  }

  /** Writes rows {@code first...} from transposed sums [d][columns]. */
  void storeTransposed(int first, int count, int headSize, float[] sums) {
    int to = offset + first * stride;
    int row = 0;
    int columns = 0;
    if (VectorWidth.BITS > 0) {
      int side = VectorTranspose.SIDE;
      columns = headSize - headSize % side;
      for (int column = 0; column < columns; column += side) {
        int from = column * GemmPanels.COLUMNS;
        row =
            VectorTranspose.fourLines(
                sums, from, GemmPanels.COLUMNS, 0, count, array, to + column, stride);
      }
    }
    store(0, row, columns, headSize, to, sums);
    store(row, count, 0, headSize, to, sums);
  }

  private void store(int firstRow, int rows, int column0, int columns, int to, float[] sums) {
    for (int row = firstRow; row < rows; row++) {
      for (int column = column0; column < columns; column++) {
        array[to + row * stride + column] = sums[column * GemmPanels.COLUMNS + row];
      }
    }
  }

  /** Writes all rows from sums laid out as panels of {@code width} elements a row. */
  void storePanels(RowPanels panels, int headSize, int width, float[] sums) {
    int columns = GemmPanels.COLUMNS;
    for (int p = 0; p < panels.count(); p++) {
      for (int row = 0; row < panels.linesOf(p); row++) {
        int at = offset + (panels.rowOf(p) + row) * stride;
        int from = panels.rowOf(p) * width + row * columns;
        for (int column = 0; column < headSize; column += columns) {
          System.arraycopy(
              sums,
              from + column * panels.heightOf(p),
              array,
              at + column,
              Math.min(columns, headSize - column));
        }
      }
    }
  }
}
