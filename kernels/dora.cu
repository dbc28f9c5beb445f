// Weight-decomposed adapters, DoraOps: each output feature's weight is a magnitude times a direction.
//
//   compose    norm[o] = ||u[o]||       w[o] = magnitude[o] u[o] / q       q = norm[o] + epsilon
//   backward   g = dw[o] . u[o]         dmagnitude[o] += g / q
//              du[o] = magnitude[o] (dw[o] / q - u[o] g / (norm[o] q^2))
//
// u, w, dw, du (out, in), each with a row stride in elements; magnitude, norm, dmagnitude (out). w is
// float or bf16, all else float; du may be dw. norm, dmagnitude and du may be null. Where the norm is
// held constant, or is zero, the second term of du is left out. The sums are taken in f64, in which a
// product of two floats is exact: as on the CPU, and no slower, since a row waits for its memory.
//
// Launch: one block a row; threads = in / 8 rounded up to whole warps, 32 to 512; grid = out. A thread
// keeps its first KEPT groups of four columns in registers while the sum is made, so that a row of up
// to 4,096 columns is read once; what is wider, and rows that are not aligned, are read again.
//
// Bytes that must move: compose reads u and writes w: 8 out in (6 for bf16); backward reads dw and u
// and writes du: 12 out in. The 96 attention and output weights of ViT-L/14's 24 layers, 101 M
// elements, take no less than 188 us and 282 us at 4.3 TB/s; one of them, 1024 x 1024, 2 us and 3 us.
#include "common/reduce.cuh"
#include "common/vector.cuh"

constexpr int MAX_WARPS = 16;
constexpr int KEPT = 2;

DEVICE double dot4(Float4 a, Float4 b) {
  return (static_cast<double>(a.x) * b.x + static_cast<double>(a.y) * b.y) +
         (static_cast<double>(a.z) * b.z + static_cast<double>(a.w) * b.w);
}

DEVICE Float4 scaled(float a, Float4 v) { return Float4{a * v.x, a * v.y, a * v.z, a * v.w}; }

// a v + b u
DEVICE Float4 combined(float a, Float4 v, float b, Float4 u) {
  return Float4{a * v.x + b * u.x, a * v.y + b * u.y, a * v.z + b * u.z, a * v.w + b * u.w};
}

// The sum over the block, in thread 0: lanes by a butterfly, warps in their order.
DEVICE double block_sum_f64(double value) {
  SHARED(double, partial, MAX_WARPS);
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value += shuffle_xor(value, mask);
  }
  if (lane() == 0) {
    partial[warp()] = value;
  }
  block_barrier();
  double sum = 0.0;
  if (threadIdx.x == 0) {
    for (int i = 0; i < warps(); i++) {
      sum += partial[i];
    }
  }
  return sum;
}

template <typename W>
DEVICE void compose(
    const float* u, long long u_stride, const float* magnitude, float epsilon, W* w,
    long long w_stride, float* norm, int columns) {
  SHARED(float, factor, 1);
  const float* from = u + block() * u_stride;
  W* to = w + block() * w_stride;
  bool wide = columns % 4 == 0 && is_wide(u, u_stride) && is_wide(w, w_stride);
  int groups = wide ? columns / 4 : 0;

  double squares = 0.0;
  Float4 kept[KEPT];
  for (int n = 0; n < KEPT; n++) {
    int i = threadIdx.x + n * blockDim.x;
    if (i < groups) {
      kept[n] = load4(from + 4 * i);
      squares += dot4(kept[n], kept[n]);
    }
  }
  for (int i = threadIdx.x + KEPT * blockDim.x; i < groups; i += blockDim.x) {
    Float4 v = load4(from + 4 * i);
    squares += dot4(v, v);
  }
  for (int i = 4 * groups + threadIdx.x; i < columns; i += blockDim.x) {
    squares += static_cast<double>(from[i]) * from[i];
  }
  squares = block_sum_f64(squares);

  if (threadIdx.x == 0) {
    double length = sqrt(squares);
    factor[0] = static_cast<float>(magnitude[block()] / (length + epsilon));
    if (norm != nullptr) {
      norm[block()] = static_cast<float>(length);
    }
  }
  block_barrier();
  float scale = factor[0];
  for (int n = 0; n < KEPT; n++) {
    int i = threadIdx.x + n * blockDim.x;
    if (i < groups) {
      store4(to + 4 * i, scaled(scale, kept[n]));
    }
  }
  for (int i = threadIdx.x + KEPT * blockDim.x; i < groups; i += blockDim.x) {
    store4(to + 4 * i, scaled(scale, load4(from + 4 * i)));
  }
  for (int i = 4 * groups + threadIdx.x; i < columns; i += blockDim.x) {
    to[i] = from_float<W>(scale * from[i]);
  }
}

KERNEL BLOCK_OF(512) dora_compose_f32(
    const float* u, long long u_stride, const float* magnitude, float epsilon, float* w,
    long long w_stride, float* norm, int columns) {
  compose(u, u_stride, magnitude, epsilon, w, w_stride, norm, columns);
}

KERNEL BLOCK_OF(512) dora_compose_bf16(
    const float* u, long long u_stride, const float* magnitude, float epsilon, Bf16* w,
    long long w_stride, float* norm, int columns) {
  compose(u, u_stride, magnitude, epsilon, w, w_stride, norm, columns);
}

KERNEL BLOCK_OF(512) dora_compose_backward_f32(
    const float* dw, long long dw_stride, const float* u, long long u_stride,
    const float* magnitude, const float* norm, float epsilon, int constant_norm,
    float* dmagnitude, float* du, long long du_stride, int columns) {
  SHARED(float, factors, 2);
  const float* up = dw + block() * dw_stride;
  const float* direction = u + block() * u_stride;
  float* to = du + block() * du_stride;  // may be dw: a thread reads its elements before it writes
  bool wide = columns % 4 == 0 && is_wide(dw, dw_stride) && is_wide(u, u_stride) &&
              is_wide(du, du_stride);
  int groups = wide ? columns / 4 : 0;

  double along = 0.0;
  Float4 kept_up[KEPT];
  Float4 kept_direction[KEPT];
  for (int n = 0; n < KEPT; n++) {
    int i = threadIdx.x + n * blockDim.x;
    if (i < groups) {
      kept_up[n] = load4(up + 4 * i);
      kept_direction[n] = load4(direction + 4 * i);
      along += dot4(kept_up[n], kept_direction[n]);
    }
  }
  for (int i = threadIdx.x + KEPT * blockDim.x; i < groups; i += blockDim.x) {
    along += dot4(load4(up + 4 * i), load4(direction + 4 * i));
  }
  for (int i = 4 * groups + threadIdx.x; i < columns; i += blockDim.x) {
    along += static_cast<double>(up[i]) * direction[i];
  }
  along = block_sum_f64(along);

  if (threadIdx.x == 0) {
    double length = norm[block()];
    double q = length + epsilon;
    double m = magnitude[block()];
    factors[0] = static_cast<float>(m / q);
    // A zero row has no direction to turn: its norm's gradient counts as zero.
    factors[1] = constant_norm != 0 || length == 0.0
                     ? 0.0f
                     : static_cast<float>(-m * along / (length * q * q));
    if (dmagnitude != nullptr) {
      dmagnitude[block()] += static_cast<float>(along / q);
    }
  }
  block_barrier();
  if (du == nullptr) {
    return;
  }
  float a = factors[0];
  float b = factors[1];
  for (int n = 0; n < KEPT; n++) {
    int i = threadIdx.x + n * blockDim.x;
    if (i < groups) {
      store4(to + 4 * i, combined(a, kept_up[n], b, kept_direction[n]));
    }
  }
  for (int i = threadIdx.x + KEPT * blockDim.x; i < groups; i += blockDim.x) {
    store4(to + 4 * i, combined(a, load4(up + 4 * i), b, load4(direction + 4 * i)));
  }
  for (int i = 4 * groups + threadIdx.x; i < columns; i += blockDim.x) {
    to[i] = a * up[i] + b * direction[i];
  }
}
