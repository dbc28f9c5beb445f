package io.attune.device.op;

import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/** Checks of what an operation was given; a message names both tensors and both shapes. */
public final class Shapes {
  private Shapes() {}

  /** As many rows and columns in both; how the rows are grouped does not matter. */
  public static void same(Tensor x, Tensor y) {
    if (x.columns() != y.columns() || x.rows() != y.rows()) {
      throw mismatch(x, y, "expected as many rows and columns in both");
    }
  }

  /** {@code vector} holds {@code length} elements without gaps, one for each {@code unit} of x. */
  public static void vector(Tensor vector, int length, String unit, Tensor x) {
    if (vector.size() != length || !vector.isContiguous()) {
      throw mismatch(
          vector, x, "expected " + length + " contiguous elements, one for each " + unit);
    }
  }

  /** {@code scalar} holds one element. */
  public static void scalar(Tensor scalar, Tensor x) {
    if (scalar.size() != 1) {
      throw mismatch(scalar, x, "expected a single element");
    }
  }

  public static void contiguous(Tensor tensor) {
    if (!tensor.isContiguous()) {
      throw new IllegalArgumentException(
          tensor
              + " has gaps between its rows (stride "
              + tensor.rowStride()
              + "), which this"
              + " operation does not take");
    }
  }

  /**
   * Every index of an I32 tensor lies in 0..limit-1, the rows of {@code rows}.
   *
   * @param elements those of the index tensor's buffer, in the host's memory
   */
  public static void indices(int[] elements, Tensor index, int limit, Tensor rows) {
    int columns = index.columns();
    for (int row = 0; row < index.rows(); row++) {
      int at = Math.toIntExact(index.offset() + row * index.rowStride());
      for (int i = 0; i < columns; i++) {
        if (elements[at + i] < 0 || elements[at + i] >= limit) {
          throw mismatch(
              index,
              rows,
              "element %d is %d, expected 0..%d"
                  .formatted((long) row * columns + i, elements[at + i], limit - 1));
        }
      }
    }
  }

  public static void sameType(Tensor x, Tensor y) {
    if (x.dtype() != y.dtype() || (x.dtype() != DType.F32 && x.dtype() != DType.I32)) {
      throw mismatch(x, y, "expected F32 or I32 in both");
    }
  }

  public static IllegalArgumentException mismatch(Tensor x, Tensor y, String expected) {
    return new IllegalArgumentException(x + " does not fit " + y + ": " + expected);
  }
}
