package io.attune.device.cuda;

import io.attune.device.op.Shapes;
import io.attune.tensor.Buffer;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * Device memory: F32, BF16 or I32. What the host wrote into an I32 buffer is kept on the host too,
 * so that indices can be checked without waiting for the device.
 */
final class CudaBuffer implements Buffer {
  private final CudaContext context;
  private final DType dtype;
  private final long length;
  private final int[] mirror;
  private long address;

  CudaBuffer(CudaContext context, DType dtype, long length, long address) {
    this.context = context;
    this.dtype = dtype;
    this.length = length;
    this.address = address;
    this.mirror = dtype == DType.I32 ? new int[Math.toIntExact(length)] : null;
  }

  private static CudaBuffer of(Tensor tensor) {
    if (!(tensor.buffer() instanceof CudaBuffer buffer) || buffer.address == 0) {
      throw new IllegalArgumentException(tensor + " is not an open tensor of a CUDA device");
    }
    return buffer;
  }

  /** Whether the tensor's memory is there still. */
  static boolean isOpen(Tensor tensor) {
    return tensor.buffer() instanceof CudaBuffer buffer && buffer.address != 0;
  }

  /**
   * As {@link #address(Tensor)}, of a tensor of this device.
   *
   * @throws IllegalArgumentException if it is another device's, of whose memory this one knows
   *     nothing
   */
  static long address(Tensor tensor, CudaContext context) {
    if (of(tensor).context != context) {
      throw new IllegalArgumentException(
          tensor + " lies on another CUDA device; read it there and write it here");
    }
    return address(tensor);
  }

  /** Where the tensor's first element lies on the device. */
  static long address(Tensor tensor) {
    CudaBuffer buffer = of(tensor);
    return buffer.address + tensor.offset() * buffer.dtype.bytes();
  }

  /** As {@link #address}, of a tensor that holds floats. */
  static long floats(Tensor tensor) {
    return typed(tensor, DType.F32);
  }

  /** As {@link #address}, of a tensor that holds integers. */
  static long ints(Tensor tensor) {
    return typed(tensor, DType.I32);
  }

  private static long typed(Tensor tensor, DType dtype) {
    if (tensor.dtype() != dtype) {
      throw new IllegalArgumentException(tensor + " is not " + dtype);
    }
    return address(tensor);
  }

  /** The elements that the host wrote into an I32 tensor's buffer, or copies of such. */
  static int[] mirror(Tensor tensor) {
    int[] mirror = of(tensor).mirror;
    if (mirror == null) {
      throw new IllegalArgumentException(tensor + " is not I32");
    }
    return mirror;
  }

  /** Every index lies in 0..limit-1, the rows of {@code rows}. */
  static void checkIndices(Tensor index, int limit, Tensor rows) {
    CudaContext context = of(index).context;
    if (context.isCapturing()) {
      context.note(new IndexCheck(index, limit, rows));
    }
    Shapes.indices(mirror(index), index, limit, rows);
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
    if (address != 0) {
      long freed = address;
      address = 0;
      context.free(freed);
    }
  }
}
