package io.attune.device.cuda;

import io.attune.device.op.Shapes;
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

  /**
   * Checks that the tensor is F32.
   *
   * @throws IllegalArgumentException if it is not
   */
  static void requireFloat(Tensor tensor) {
    if (tensor.dtype() != DType.F32) {
      throw new IllegalArgumentException(tensor + " is not F32, as this operation expects");
    }
  }

  /**
   * Checks that both are F32 or both BF16.
   *
   * @throws IllegalArgumentException if they are not
   */
  static void sameFloatingType(Tensor x, Tensor y) {
    if (isBf16(x) != isBf16(y)) {
      throw Shapes.mismatch(x, y, "expected F32 in both or BF16 in both");
    }
  }
}
