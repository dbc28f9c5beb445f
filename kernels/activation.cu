// Activations and their derivatives (ActivationOps).
//
//   quick_gelu   y = x s,       s = 1 / (1 + e^(-1.702 x))         dx = dy s (1 + 1.702 x (1 - s))
//   gelu         y = x Phi(x),  Phi = (1 + erf(x / sqrt 2)) / 2    dx = dy (Phi(x) + x phi(x))
//
// x, y, dy, dx (rows, columns), each with a row stride in elements; y may be x and dx may be dy.
// Float, or bf16 in memory with the arithmetic in float.
//
// The exponential and the reciprocal are the hardware's approximations (common/activation.cuh): with exact
// ones a bf16 activation would be bound by arithmetic, since at full bandwidth an SM has some 30
// instructions for an element of 4 bytes.
//
// Launch: 256 threads a block; grid x: a block for each 1,024 packets of 16 bytes of a row, y: a block
// a row, up to 65,535 (rows beyond are taken by the grid's height). Contiguous tensors come as one
// row of stride 0. A thread loads all its packets before it uses the first. Rows not aligned to 16
// bytes go element by element in the same launch.
//
// Bytes that must move, for each element: forward 8 (bf16: 4), backward 12 (bf16: 6). At 4.3 TB/s, 64
// images of ViT-L/14 (16,448 rows of 4,096): forward 125 us (63), backward 188 us (94).
#include "common/activation.cuh"
#include "common/packet.cuh"

// Packets a thread loads together.
constexpr int PACKETS = 4;

struct QuickGelu {
  DEVICE float value(float x) { return quick_gelu(x); }
  DEVICE float slope(float x) { return quick_gelu_slope(x); }
};

struct Gelu {
  DEVICE float value(float x) { return gelu(x); }
  DEVICE float slope(float x) { return gelu_slope(x); }
};

// Calls f(column) for this thread's share of a row's elements from `begin` on.
template <typename F>
DEVICE void for_elements(long long begin, long long columns, F f) {
  long long step = static_cast<long long>(gridDim.x) * blockDim.x;
#pragma unroll 1
  for (long long i = begin + block() * blockDim.x + threadIdx.x; i < columns; i += step) {
    f(i);
  }
}

// The first packet of this thread; those after it lie a block's width apart.
DEVICE long long first_packet() {
  return block_from_last() * blockDim.x * PACKETS + threadIdx.x;
}

template <typename F, typename T>
DEVICE void forward(
    const T* x, long long x_stride, T* y, long long y_stride, int rows, long long columns) {
  bool wide = has_packets(x, x_stride) && has_packets(y, y_stride);
  long long packets = wide ? columns / Packet<T>::COUNT : 0;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    const T* from = x + row * x_stride;
    T* to = y + row * y_stride;
    Packet<T> in[PACKETS];
#pragma unroll
    for (int n = 0; n < PACKETS; n++) {
      long long i = first_packet() + n * blockDim.x;
      if (i < packets) {
        in[n] = load_packet(from, i);
      }
    }
#pragma unroll
    for (int n = 0; n < PACKETS; n++) {
      long long i = first_packet() + n * blockDim.x;
      if (i < packets) {
        float v[Packet<T>::COUNT];
        unpack(in[n], v);
        for (int e = 0; e < Packet<T>::COUNT; e++) {
          v[e] = F::value(v[e]);
        }
        store_packet(to, i, pack(v));
      }
    }
    for_elements(packets * Packet<T>::COUNT, columns, [&](long long i) {
      to[i] = from_float<T>(F::value(to_float(from[i])));
    });
  }
}

template <typename F, typename T>
DEVICE void backward(
    const T* x, long long x_stride, const T* dy, long long dy_stride, T* dx, long long dx_stride, int rows,
    long long columns) {
  bool wide = has_packets(x, x_stride) && has_packets(dy, dy_stride) &&
              has_packets(dx, dx_stride);
  long long packets = wide ? columns / Packet<T>::COUNT : 0;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    const T* from = x + row * x_stride;
    const T* up = dy + row * dy_stride;
    T* to = dx + row * dx_stride;
    Packet<T> in[PACKETS];
    Packet<T> gradient[PACKETS];
#pragma unroll
    for (int n = 0; n < PACKETS; n++) {
      long long i = first_packet() + n * blockDim.x;
      if (i < packets) {
        in[n] = load_packet(from, i);
        gradient[n] = load_packet(up, i);
      }
    }
#pragma unroll
    for (int n = 0; n < PACKETS; n++) {
      long long i = first_packet() + n * blockDim.x;
      if (i < packets) {
        float v[Packet<T>::COUNT];
        float d[Packet<T>::COUNT];
        unpack(in[n], v);
        unpack(gradient[n], d);
        for (int e = 0; e < Packet<T>::COUNT; e++) {
          v[e] = d[e] * F::slope(v[e]);
        }
        store_packet(to, i, pack(v));
      }
    }
    for_elements(packets * Packet<T>::COUNT, columns, [&](long long i) {
      to[i] = from_float<T>(to_float(up[i]) * F::slope(to_float(from[i])));
    });
  }
}

KERNEL BLOCK_OF(256) activation_quick_gelu_f32(
    const float* x, long long x_stride, float* y, long long y_stride, int rows, long long columns) {
  forward<QuickGelu>(x, x_stride, y, y_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_quick_gelu_bf16(
    const Bf16* x, long long x_stride, Bf16* y, long long y_stride, int rows, long long columns) {
  forward<QuickGelu>(x, x_stride, y, y_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_gelu_f32(
    const float* x, long long x_stride, float* y, long long y_stride, int rows, long long columns) {
  forward<Gelu>(x, x_stride, y, y_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_gelu_bf16(
    const Bf16* x, long long x_stride, Bf16* y, long long y_stride, int rows, long long columns) {
  forward<Gelu>(x, x_stride, y, y_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_quick_gelu_backward_f32(
    const float* x, long long x_stride, const float* dy, long long dy_stride, float* dx,
    long long dx_stride, int rows, long long columns) {
  backward<QuickGelu>(x, x_stride, dy, dy_stride, dx, dx_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_quick_gelu_backward_bf16(
    const Bf16* x, long long x_stride, const Bf16* dy, long long dy_stride, Bf16* dx, long long dx_stride,
    int rows, long long columns) {
  backward<QuickGelu>(x, x_stride, dy, dy_stride, dx, dx_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_gelu_backward_f32(
    const float* x, long long x_stride, const float* dy, long long dy_stride, float* dx,
    long long dx_stride, int rows, long long columns) {
  backward<Gelu>(x, x_stride, dy, dy_stride, dx, dx_stride, rows, columns);
}

KERNEL BLOCK_OF(256) activation_gelu_backward_bf16(
    const Bf16* x, long long x_stride, const Bf16* dy, long long dy_stride, Bf16* dx, long long dx_stride,
    int rows, long long columns) {
  backward<Gelu>(x, x_stride, dy, dy_stride, dx, dx_stride, rows, columns);
}
