package io.attune.device.cuda;

import io.attune.tensor.Tensor;

/**
 * How many neighbouring elements a kernel may move at once: 4 where a tensor's rows start at
 * multiples of four elements and end there, else 1.
 */
final class CudaLanes {
  /** Lanes of a warp. */
  static final int WARP = 32;

  private CudaLanes() {}

  /** 4 or 1; null takes any. */
  static int of(Tensor tensor) {
    return tensor == null || (tensor.columns() % 4 == 0 && startsAt(tensor, 4)) ? 4 : 1;
  }

  static int of(Tensor first, Tensor second) {
    return Math.min(of(first), of(second));
  }

  static int of(Tensor first, Tensor second, Tensor third) {
    return Math.min(of(first, second), of(third));
  }

  /** Whether every row starts at a multiple of {@code count} elements' bytes. */
  static boolean startsAt(Tensor tensor, int count) {
    return CudaBuffer.address(tensor) % ((long) count * tensor.dtype().bytes()) == 0
        && (tensor.rows() <= 1 || tensor.rowStride() % count == 0);
  }

  /** Blocks of a warp's lanes that cover so many columns. */
  static int slabs(int columns, int lanes) {
    return Math.ceilDiv(columns, WARP * lanes);
  }
}
