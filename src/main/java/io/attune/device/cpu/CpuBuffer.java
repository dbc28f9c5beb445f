package io.attune.device.cpu;

import io.attune.tensor.Buffer;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * Heap memory: {@code float[]} for F32, {@code int[]} for I32 (see design: segments are slower).
 */
final class CpuBuffer implements Buffer {
  private final DType dtype;
  private final int length;
  private float[] floats;
  private int[] ints;

  CpuBuffer(DType dtype, int length) {
    this.dtype = dtype;
    this.length = length;
    switch (dtype) {
      case F32 -> floats = new float[length];
      case I32 -> ints = new int[length];
      default ->
          throw new IllegalArgumentException("the cpu device holds F32 and I32, not " + dtype);
    }
  }

  /** The floats behind an F32 tensor; its elements start at {@link #offset}. */
  static float[] floats(Tensor tensor) {
    if (!(tensor.buffer() instanceof CpuBuffer buffer) || buffer.floats == null) {
      throw new IllegalArgumentException(tensor + " is not an open F32 tensor of the cpu device");
    }
    return buffer.floats;
  }

  /** The ints behind an I32 tensor. */
  static int[] ints(Tensor tensor) {
    if (!(tensor.buffer() instanceof CpuBuffer buffer) || buffer.ints == null) {
      throw new IllegalArgumentException(tensor + " is not an open I32 tensor of the cpu device");
    }
    return buffer.ints;
  }

  /** Index of the first element; buffers of this device never exceed 2^31 - 1 elements. */
  static int offset(Tensor tensor) {
    return (int) tensor.offset();
  }

  /** Elements between row starts. */
  static int stride(Tensor tensor) {
    return (int) tensor.rowStride();
  }

  /** Index of the first element of a row. */
  static int row(Tensor tensor, int row) {
    return (int) (tensor.offset() + row * tensor.rowStride());
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void close() {
    floats = null;
    ints = null;
  }
}
