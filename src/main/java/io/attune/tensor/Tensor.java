package io.attune.tensor;

/**
 * A named, shaped view on a buffer. The last axis is contiguous; the leading axes together count
 * {@link #rows()} rows that lie {@link #rowStride()} elements apart, so that a column range of a
 * matrix (the queries inside packed q, k, v) or one token of every image is a tensor too. It knows
 * no mathematics: operations live in {@code device.op}.
 *
 * <p>Views are cheap but not free: make them when a model is prepared, not in a training step.
 */
public final class Tensor {
  private final String name;
  private final Buffer buffer;
  private final long offset;
  private final Shape shape;
  private final long rowStride;

  private Tensor(String name, Buffer buffer, long offset, Shape shape, long rowStride) {
    long rows = shape.rows();
    long end =
        shape.size() == 0
            ? offset
            : Math.addExact(
                offset, Math.addExact(Math.multiplyExact(rows - 1, rowStride), shape.columns()));
    if (offset < 0 || end > buffer.length()) {
      throw new IllegalArgumentException(
          "tensor %s %s at %d with row stride %d does not fit a buffer of %d elements"
              .formatted(name, shape, offset, rowStride, buffer.length()));
    }
    this.name = name;
    this.buffer = buffer;
    this.offset = offset;
    this.shape = shape;
    this.rowStride = rowStride;
  }

  /** A contiguous tensor that starts at element {@code offset} of {@code buffer}. */
  public static Tensor of(String name, Buffer buffer, long offset, Shape shape) {
    return new Tensor(name, buffer, offset, shape, shape.columns());
  }

  /** What error messages call it, such as {@code vision_model.encoder.layers.3.mlp.fc1.weight}. */
  public String name() {
    return name;
  }

  public Buffer buffer() {
    return buffer;
  }

  /** Index of the first element in the buffer. */
  public long offset() {
    return offset;
  }

  public Shape shape() {
    return shape;
  }

  public DType dtype() {
    return buffer.dtype();
  }

  /** Number of elements. */
  public long size() {
    return shape.size();
  }

  /** Number of rows: the product of all extents but the last. */
  public int rows() {
    return Math.toIntExact(shape.rows());
  }

  /** Length of a row: the last extent. */
  public int columns() {
    return shape.columns();
  }

  /** Elements from the start of one row to the start of the next. */
  public long rowStride() {
    return rowStride;
  }

  public boolean isContiguous() {
    return rowStride == shape.columns() || shape.rows() <= 1;
  }

  /** The same elements under another name. */
  public Tensor named(String newName) {
    return new Tensor(newName, buffer, offset, shape, rowStride);
  }

  /**
   * The same elements in another shape. A view with gaps between its rows keeps its last extent.
   *
   * @throws IllegalArgumentException if the number of elements, or the last extent of a view with
   *     gaps, differs
   */
  public Tensor reshape(long... dims) {
    Shape other = Shape.of(dims);
    if (other.size() != shape.size() || (!isContiguous() && other.columns() != shape.columns())) {
      throw new IllegalArgumentException(
          "tensor %s %s (row stride %d) cannot be seen as %s"
              .formatted(name, shape, rowStride, other));
    }
    return new Tensor(name, buffer, offset, other, isContiguous() ? other.columns() : rowStride);
  }

  /** Rows {@code from} to {@code from + count}, as a matrix {@code [count, columns]}. */
  public Tensor rowRange(long from, long count) {
    if (from < 0 || count < 0 || from + count > shape.rows()) {
      throw new IllegalArgumentException(
          "rows %d..%d lie outside tensor %s %s".formatted(from, from + count, name, shape));
    }
    return new Tensor(
        name, buffer, offset + from * rowStride, Shape.of(count, shape.columns()), rowStride);
  }

  /** Columns {@code from} to {@code from + count} of every row, as {@code [rows, count]}. */
  public Tensor columnRange(int from, int count) {
    if (from < 0 || count < 0 || from + count > shape.columns()) {
      throw new IllegalArgumentException(
          "columns %d..%d lie outside tensor %s %s".formatted(from, from + count, name, shape));
    }
    return new Tensor(name, buffer, offset + from, Shape.of(shape.rows(), count), rowStride);
  }

  /**
   * Row {@code index} of every group: from {@code [groups, rows, columns]} the matrix {@code
   * [groups, columns]}, such as the class token of every image.
   */
  public Tensor rowOfEachGroup(int index) {
    if (shape.rank() != 3 || index < 0 || index >= shape.dim(1)) {
      throw new IllegalArgumentException(
          "tensor %s %s has no row %d in each of its groups".formatted(name, shape, index));
    }
    return new Tensor(
        name,
        buffer,
        offset + index * rowStride,
        Shape.of(shape.dim(0), shape.dim(2)),
        rowStride * shape.dim(1));
  }

  /** For example {@code logits [64, 66] F32}. */
  @Override
  public String toString() {
    return name + " " + shape + " " + dtype();
  }
}
