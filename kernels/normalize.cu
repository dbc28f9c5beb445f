// Rows to unit length, and back: NormalizeOps.l2 and l2Backward in float32.
//
//   forward    norm[r] = ||x[r]||            y[r] = x[r] / norm[r]
//   backward   dx[r] = (dy[r] - y[r] (y[r] . dy[r])) / norm[r]
//
// x, y, dy, dx (rows, columns), each with a row stride in elements; norm (rows). A row of zeros gives
// NaN, as the formula does.
//
// Launch: one block a row, 128 to 1024 threads (a multiple of 32); grid = rows. An embedding row of
// 512 to 1024 floats is one or two 16-byte loads a thread; the second pass over a row finds it in L1.
// For many short rows a block idles at its two barriers, but others run meanwhile: an H100's SM holds
// sixteen blocks of 128.
//
// Bytes that must move: forward reads x and writes y: 8 rows columns, plus 4 rows for the norms;
// backward reads dy and y and writes dx: 12 rows columns, plus 4 rows. At 4.3 TB/s 65,536 rows of 768
// take no less than 94 us forward and 141 us backward.
#include "common/reduce.cuh"

constexpr int MAX_WARPS = 32;

// The sum of a[i] b[i] over the row, in every thread.
DEVICE float row_dot(const float* a, const float* b, int columns, bool wide, float* partial) {
  float sum = 0.0f;
  if (wide) {
    const Float4* a4 = reinterpret_cast<const Float4*>(a);
    const Float4* b4 = reinterpret_cast<const Float4*>(b);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 u = a4[i];
      Float4 v = b4[i];
      sum += (u.x * v.x + u.y * v.y) + (u.z * v.z + u.w * v.w);
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      sum += a[i] * b[i];
    }
  }
  return block_sum(sum, partial);
}

KERNEL normalize_l2_f32(
    const float* x, long long x_stride, float* y, long long y_stride, float* norm, int columns) {
  SHARED(float, partial, MAX_WARPS);
  const float* from = x + block() * x_stride;
  float* to = y + block() * y_stride;
  bool wide = columns % 4 == 0 && is_aligned16(from) && is_aligned16(to);

  float length = sqrtf(row_dot(from, from, columns, wide, partial));
  float scale = 1.0f / length;
  if (wide) {
    const Float4* from4 = reinterpret_cast<const Float4*>(from);
    Float4* to4 = reinterpret_cast<Float4*>(to);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 v = from4[i];
      to4[i] = Float4{v.x * scale, v.y * scale, v.z * scale, v.w * scale};
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      to[i] = from[i] * scale;
    }
  }
  if (norm != nullptr && threadIdx.x == 0) {
    norm[block()] = length;
  }
}

KERNEL normalize_l2_backward_f32(
    const float* dy, long long dy_stride, const float* y, long long y_stride, const float* norm,
    float* dx, long long dx_stride, int columns) {
  SHARED(float, partial, MAX_WARPS);
  const float* up = dy + block() * dy_stride;
  const float* unit = y + block() * y_stride;
  float* to = dx + block() * dx_stride;  // may be dy: each element is read before it is written
  bool wide = columns % 4 == 0 && is_aligned16(up) && is_aligned16(unit) && is_aligned16(to);

  float along = row_dot(up, unit, columns, wide, partial);
  float scale = 1.0f / norm[block()];
  if (wide) {
    const Float4* up4 = reinterpret_cast<const Float4*>(up);
    const Float4* unit4 = reinterpret_cast<const Float4*>(unit);
    Float4* to4 = reinterpret_cast<Float4*>(to);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      Float4 d = up4[i];
      Float4 u = unit4[i];
      to4[i] = Float4{
          (d.x - u.x * along) * scale, (d.y - u.y * along) * scale,
          (d.z - u.z * along) * scale, (d.w - u.w * along) * scale};
    }
  } else {
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
      to[i] = (up[i] - unit[i] * along) * scale;
    }
  }
}
