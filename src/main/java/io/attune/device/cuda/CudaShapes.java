package io.attune.device.cuda;

import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/** Which kernel a tensor's type asks for. */
final class CudaShapes {
  private CudaShapes() {}

  /**
   * Whether the tensor is BF16.
   *
   * @throws IllegalArgumentException if it is neither F32 nor BF16
   */
  static boolean isBf16(Tensor tensor) {
    return switch (tensor.dtype()) {
      case BF16 -> true;
      case F32 -> false;
      default -> throw new IllegalArgumentException(tensor + " is neither F32 nor BF16");
    };
  }

  /** Whether it is null or F32. */
  static boolean isFloat(Tensor tensor) {
    return tensor == null || tensor.dtype() == DType.F32;
  }
}
