// What follows a matrix product, GemmOps' Epilogue; the product itself is cuBLAS's.
//
//   z = product + bias      kept in preActivation if given
//   c = activation(z) + residual
//
// product, preActivation, c (batch, rows, columns) of one type, float or bf16, each with a row stride
// and a batch stride in elements; product may be preActivation or c, and so may residual be c: each
// element is read before it is written. bias (columns) and residual are both float, or both of c's type.
// activation: 0 none, 1 QuickGELU, 2 GELU by erf.
//
// Launch: 256 threads a block, any grid in x; the batch in y. Groups of four columns are one access
// where all rows are aligned for it.
//
// Bytes that must move, an element: the product is read and c written, 8 for float and 4 for bf16;
// preActivation and residual add one access each. cuBLASLt adds a bias for nothing where it can, and
// beta = 1 adds a residual that is c: this kernel then does not run at all. At 4.3 TB/s the activation of
// 64 images of ViT-L/14 in bf16, 67.4 M elements, takes no less than 63 us, and 94 us when z is kept.
#include "common/activation.cuh"
#include "common/vector.cuh"

DEVICE float activated(float z, int activation) {
  return activation == 1 ? quick_gelu(z) : activation == 2 ? gelu(z) : z;
}

template <typename T, typename V>
DEVICE void epilogue(
    const T* product, long long product_stride, long long product_batch, const V* bias, T* kept,
    long long kept_stride, long long kept_batch, const V* residual, long long residual_stride,
    long long residual_batch, T* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  long long batch = blockIdx.y;
  product += batch * product_batch;
  c += batch * c_batch;
  bool wide = columns % 4 == 0 && is_wide(product, product_stride) && is_wide(c, c_stride);
  if (bias != nullptr) {
    wide = wide && is_wide(bias, 0);
  }
  if (kept != nullptr) {
    kept += batch * kept_batch;
    wide = wide && is_wide(kept, kept_stride);
  }
  if (residual != nullptr) {
    residual += batch * residual_batch;
    wide = wide && is_wide(residual, residual_stride);
  }
  int width = wide ? columns / 4 : columns;
  long long count = rows * width;
  long long step = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = block() * blockDim.x + threadIdx.x; i < count; i += step) {
    long long row = i / width;
    int column = static_cast<int>(i - row * width) * (wide ? 4 : 1);
    if (wide) {
      Float4 z = load4(product + row * product_stride + column);
      if (bias != nullptr) {
        Float4 b = load4(bias + column);
        z = Float4{z.x + b.x, z.y + b.y, z.z + b.z, z.w + b.w};
      }
      if (kept != nullptr) {
        store4(kept + row * kept_stride + column, z);
      }
      Float4 y = Float4{activated(z.x, activation), activated(z.y, activation),
                        activated(z.z, activation), activated(z.w, activation)};
      if (residual != nullptr) {
        Float4 r = load4(residual + row * residual_stride + column);
        y = Float4{y.x + r.x, y.y + r.y, y.z + r.z, y.w + r.w};
      }
      store4(c + row * c_stride + column, y);
    } else {
      float z = to_float(product[row * product_stride + column]);
      if (bias != nullptr) {
        z += to_float(bias[column]);
      }
      if (kept != nullptr) {
        kept[row * kept_stride + column] = from_float<T>(z);
      }
      float y = activated(z, activation);
      if (residual != nullptr) {
        y += to_float(residual[row * residual_stride + column]);
      }
      c[row * c_stride + column] = from_float<T>(y);
    }
  }
}

KERNEL gemm_epilogue_f32(
    const float* product, long long product_stride, long long product_batch, const float* bias, float* kept,
    long long kept_stride, long long kept_batch, const float* residual, long long residual_stride,
    long long residual_batch, float* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}

KERNEL gemm_epilogue_bf16(
    const Bf16* product, long long product_stride, long long product_batch, const Bf16* bias, Bf16* kept,
    long long kept_stride, long long kept_batch, const Bf16* residual, long long residual_stride,
    long long residual_batch, Bf16* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}

// bf16 matrices, float bias and residual.
KERNEL gemm_epilogue_bf16_f32(
    const Bf16* product, long long product_stride, long long product_batch, const float* bias, Bf16* kept,
    long long kept_stride, long long kept_batch, const float* residual, long long residual_stride,
    long long residual_batch, Bf16* c, long long c_stride, long long c_batch, int activation,
    long long rows, int columns) {
  epilogue(product, product_stride, product_batch, bias, kept, kept_stride, kept_batch, residual,
           residual_stride, residual_batch, c, c_stride, c_batch, activation, rows, columns);
}
