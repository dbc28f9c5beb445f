package io.attune.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The extents of a tensor, outermost first, as in {@code [batch, tokens, width]}. The empty shape
 * {@code []} is a scalar of one element.
 */
public final class Shape {
  private final long[] dims;
  private final long size;

  private Shape(long[] dims) {
    long product = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
      }
      product = Math.multiplyExact(product, dim);
    }
    this.dims = dims;
    this.size = product;
  }

  /**
   * A shape of these extents.
   *
   * @throws IllegalArgumentException if an extent is negative
   * @throws ArithmeticException if their product overflows a long
   */
  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** Extent of an axis; negative axes count from the end. */
  public int dim(int axis) {
    return Math.toIntExact(dims[axis < 0 ? dims.length + axis : axis]);
  }

  /** All extents, as a copy. */
  public long[] dims() {
    return dims.clone();
  }

  /** Number of elements. */
  public long size() {
    return size;
  }

  /** Extent of the last axis; 1 for a scalar. */
  public int columns() {
    return dims.length == 0 ? 1 : dim(-1);
  }

  /** Product of all extents but the last; 1 for a scalar or a vector. */
  public long rows() {
    long product = 1;
    for (int axis = 0; axis < dims.length - 1; axis++) {
      product *= dims[axis];
    }
    return product;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** For example {@code [2, 257, 1024]}. */
  @Override
  public String toString() {
    return LongStream.of(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
