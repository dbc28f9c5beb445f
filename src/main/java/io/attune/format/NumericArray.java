package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;

/**
 * An array of doubles in row-major order, as read from a file that knows several types.
 *
 * @param values {@code shape.size()} elements; the array is not copied
 */
public record NumericArray(Shape shape, double[] values) {
  /**
   * The rows of a matrix.
   *
   * @throws InputException if there are not two axes
   */
  public double[][] rows(String what) {
    if (shape.rank() != 2) {
      throw new InputException("%s: shape %s is not a matrix".formatted(what, shape));
    }
    double[][] rows = new double[shape.dim(0)][shape.dim(1)];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(values, row * shape.dim(1), rows[row], 0, shape.dim(1));
    }
    return rows;
  }

  /** The same elements when the given order is column-major, as MATLAB keeps them. */
  static NumericArray fromColumnMajor(Shape shape, double[] columnMajor) {
    long[] dims = shape.dims();
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = 0; axis < dims.length; axis++) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    double[] values = new double[columnMajor.length];
    long[] index = new long[dims.length];
    long from = 0;
    for (int to = 0; to < values.length; to++) {
      values[to] = columnMajor[(int) from];
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        from += strides[axis];
        if (++index[axis] < dims[axis]) {
          break;
        }
        from -= strides[axis] * dims[axis];
        index[axis] = 0;
      }
    }
    return new NumericArray(shape, values);
  }
}
