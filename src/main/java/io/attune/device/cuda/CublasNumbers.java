package io.attune.device.cuda;

import io.attune.tensor.DType;

/** The numbers that CUDA 12 and 13 alike give to element types and ways of computing. */
final class CublasNumbers {
  private CublasNumbers() {}

  /** A cudaDataType: CUDA_R_32F or CUDA_R_16BF. */
  static int of(DType type) {
    return switch (type) {
      case F32 -> 0;
      case BF16 -> 14;
      default -> throw new IllegalArgumentException("no matrix products of " + type);
    };
  }

  /** A cublasComputeType_t: CUBLAS_COMPUTE_32F or CUBLAS_COMPUTE_32F_FAST_TF32. */
  static int of(Blas.Compute compute) {
    return switch (compute) {
      case F32 -> 68;
      case TF32 -> 77;
    };
  }
}
