package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * An operand of a product as lines by steps of k: the rows of op(A) or the columns of op(B). Its
 * array is held from {@link #prepare} to {@link #release}.
 */
final class GemmOperand {
  private float[] array;
  private int offset;
  private int stride;
  private long itemStride;
  private boolean across;

  /**
   * Takes a tensor, the first of a batch.
   *
   * @param across whether neighbouring lines are neighbouring elements, rather than neighbouring
   *     steps of one line
   * @param itemStride elements from one item of the batch to the next
   */
  void prepare(Tensor tensor, boolean across, long itemStride) {
    this.array = CpuBuffer.floats(tensor);
    this.offset = CpuBuffer.offset(tensor);
    this.stride = CpuBuffer.stride(tensor);
    this.across = across;
    this.itemStride = itemStride;
  }

  /** Forgets the array, so that a closed tensor can be collected. */
  void release() {
    array = null;
  }

  /** Whether neighbouring lines are neighbouring elements. */
  boolean isAcross() {
    return across;
  }

  /**
   * Packs some steps of some lines as a panel [steps][width].
   *
   * @param lines how many of the panel's lines exist; the others are padding
   */
  void pack(int item, int first, int lines, int width, int k0, int steps, float[] target, int to) {
    int from = placeOf(item, first, k0);
    GemmPanels.pack(array, from, stride, across, lines, width, steps, target, to);
  }

  /** The array behind the operand. */
  float[] array() {
    return array;
  }

  /** Where a step of a line lies in {@link #array}. */
  int placeOf(int item, int line, int step) {
    int from = Math.toIntExact(offset + item * itemStride);
    return from + (across ? line + step * stride : line * stride + step);
  }

  /** Elements from one row of the tensor to the next. */
  int stride() {
    return stride;
  }
}
