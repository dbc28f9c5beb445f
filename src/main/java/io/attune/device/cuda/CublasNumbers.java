package io.attune.device.cuda;

import io.attune.tensor.DType;

/** The numbers that CUDA 12 and 13 alike give to element types and ways of computing. */
final class CublasNumbers {
  /** CUDA_R_32F. */
  static final int F32 = 0;

  private static final int BF16 = 14;

  /** CUBLAS_DEFAULT_MATH: what the compute type says, f32 products in f32. */
  static final int DEFAULT_MATH = 0;

  private CublasNumbers() {}

  /** 130002 of cublasGetVersion, as cuBLAS 13.0.2; 120805 as 12.8.5. */
  static String version(int number) {
    return "cuBLAS %d.%d.%d".formatted(number / 10_000, number / 100 % 100, number % 100);
  }

  /** A cudaDataType: CUDA_R_32F or CUDA_R_16BF. */
  static int of(DType type) {
    return switch (type) {
      case F32 -> F32;
      case BF16 -> BF16;
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
