// Gradients of layer normalisation (LayerNormOps.backward).
//
//   h = (x - mean) rstd,  g = dy gamma
//   dx = rstd (g - mean(g) - h mean(g h)), written or added to the residual gradient
//   dgamma += sum over rows of dy h,  dbeta += sum over rows of dy
//
// x, dy, dx (rows, columns), each with a row stride in elements; gamma, dgamma, dbeta (columns); mean, rstd
// (rows). dy is float or bf16, dx float, or bf16 where it may replace dy: the names say backward_DY_DX.
// rounded (rows, columns), bf16, or null, gets dx once more, as the matrix products that follow read it:
// 2 bytes an element instead of the 6 of a copy.
//
// One pass over dy and x. A thread owns four columns and sums their dgamma and dbeta in registers over all
// rows of its block, two rows at a time, whose four sums share one barrier. Each block then leaves a row of
// partial sums, and layernorm_parameters adds these up in double, in a fixed order: no atomics, two runs
// give the same bits.
//
// Launch: a thread for four columns, in whole warps, up to 1,024 threads; any grid up to rows / 2: blocks go
// on by the grid's width. partial: (grid, 2, columns) floats, or null where neither dgamma nor dbeta is
// wanted. More than 4,096 columns, or rows not aligned, are read twice, and then the sums are kept in
// partial itself. layernorm_parameters: 32 columns a block, a warp or more of parts (up to 32), grid
// (columns / 32, 2).
//
// Bytes that must move, for each element: 12 (bf16 dy: 10), adding to dx 16 (bf16 dy: 14), with rounded 2
// more. At 4.3 TB/s, 64 images of ViT-L/14 (16,448 rows of 1,024), adding to dx: 63 us (55).
#include "common/row.cuh"

// Rows a block works on at once in the backward pass.
constexpr int ROWS = 2;

// A row's sums over its columns of g and of g h.
struct RowSums {
  float g, gh;
};

struct alignas(16) PairSums {
  RowSums row[ROWS];
};

// The sums over the block, in every thread. partial: one a warp, used by every second call only, so
// that one barrier is enough.
DEVICE PairSums block_pair_sums(PairSums s, PairSums* partial) {
  for (int r = 0; r < ROWS; r++) {
    s.row[r].g = warp_sum(s.row[r].g);
    s.row[r].gh = warp_sum(s.row[r].gh);
  }
  if (lane() == 0) {
    partial[warp()] = s;
  }
  block_barrier();
  PairSums total = partial[0];
  for (int w = 1; w < warps(); w++) {
    PairSums other = partial[w];
    for (int r = 0; r < ROWS; r++) {
      total.row[r].g += other.row[r].g;
      total.row[r].gh += other.row[r].gh;
    }
  }
  return total;
}

DEVICE float input_gradient(float dy, float gamma, float h, float rstd, RowSums mean) {
  return rstd * (dy * gamma - mean.g - h * mean.gh);
}

// Four columns a thread, all loads of two rows under way together.
template <typename T, typename D>
DEVICE void backward_held(
    const T* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, D* dx, long long dx_stride, Bf16* rounded, long long rounded_stride,
    bool accumulate, float* partial, int rows, int columns, PairSums* sums) {
  const Float4 zero = {0.0f, 0.0f, 0.0f, 0.0f};
  int column = 4 * threadIdx.x;
  bool active = column < columns;
  Float4 weight = active ? load4(gamma + column) : zero;
  Float4 dgamma = zero;
  Float4 dbeta = zero;
  float share = 1.0f / columns;
  int turn = 0;
  unsigned count = rows;
  for (unsigned first = blockIdx.x * ROWS; first < count; first += gridDim.x * ROWS) {
    Float4 d[ROWS];
    Float4 h[ROWS];
    Float4 old[ROWS];
    float scale[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      long long row = first + r;
      bool inside = active && first + r < count;
      h[r] = inside ? load4(x + row * x_stride + column) : zero;
      d[r] = inside ? load4(dy + row * dy_stride + column) : zero;
      old[r] = inside && accumulate ? load4(dx + row * dx_stride + column) : zero;
      scale[r] = inside ? rstd[row] : 0.0f;
      float centre = inside ? mean[row] : 0.0f;
      h[r] = Float4{(h[r].x - centre) * scale[r], (h[r].y - centre) * scale[r],
                    (h[r].z - centre) * scale[r], (h[r].w - centre) * scale[r]};
    }

    PairSums s;
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      Float4 g = {d[r].x * weight.x, d[r].y * weight.y, d[r].z * weight.z, d[r].w * weight.w};
      s.row[r].g = sum4(g);
      s.row[r].gh = (g.x * h[r].x + g.y * h[r].y) + (g.z * h[r].z + g.w * h[r].w);
    }
    if (dx != nullptr) {
      s = block_pair_sums(s, sums + turn * MOST_WARPS);
      turn = 1 - turn;
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      dgamma = Float4{dgamma.x + d[r].x * h[r].x, dgamma.y + d[r].y * h[r].y,
                      dgamma.z + d[r].z * h[r].z, dgamma.w + d[r].w * h[r].w};
      dbeta = Float4{dbeta.x + d[r].x, dbeta.y + d[r].y, dbeta.z + d[r].z, dbeta.w + d[r].w};
      if (dx != nullptr && active && first + r < count) {
        RowSums m = {s.row[r].g * share, s.row[r].gh * share};
        Float4 v = {old[r].x + input_gradient(d[r].x, weight.x, h[r].x, scale[r], m),
                    old[r].y + input_gradient(d[r].y, weight.y, h[r].y, scale[r], m),
                    old[r].z + input_gradient(d[r].z, weight.z, h[r].z, scale[r], m),
                    old[r].w + input_gradient(d[r].w, weight.w, h[r].w, scale[r], m)};
        long long row = first + r;
        store4(dx + row * dx_stride + column, v);
        if (rounded != nullptr) {
          store4(rounded + row * rounded_stride + column, v);
        }
      }
    }
  }
  if (partial != nullptr && active) {
    float* to = partial + block() * 2 * columns + column;
    store4(to, dgamma);
    store4(to + columns, dbeta);
  }
}

// Any width and alignment; a thread keeps the sums of its columns in its block's row of partial.
template <typename T, typename D>
DEVICE void backward_unheld(
    const T* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, D* dx, long long dx_stride, Bf16* rounded, long long rounded_stride,
    bool accumulate, float* partial, int rows, int columns, float* sums) {
  float* dgamma = partial == nullptr ? nullptr : partial + block() * 2 * columns;
  if (partial != nullptr) {
    for_columns<BlockTeam>(columns, [&](int column) {
      dgamma[column] = 0.0f;
      dgamma[columns + column] = 0.0f;
    });
  }
  for (long long row = block(); row < rows; row += gridDim.x) {
    const T* up = dy + row * dy_stride;
    const float* from = x + row * x_stride;
    float centre = mean[row];
    float scale = rstd[row];
    float total[2] = {0.0f, 0.0f};
    if (dx != nullptr) {
      for_columns<BlockTeam>(columns, [&](int column) {
        float g = to_float(up[column]) * gamma[column];
        total[0] += g;
        total[1] += g * ((from[column] - centre) * scale);
      });
      BlockTeam::sums(total, sums);
    }
    RowSums m = {total[0] / columns, total[1] / columns};
    for_columns<BlockTeam>(columns, [&](int column) {
      float d = to_float(up[column]);
      float h = (from[column] - centre) * scale;
      if (partial != nullptr) {
        dgamma[column] += d * h;
        dgamma[columns + column] += d;
      }
      if (dx != nullptr) {
        D* to = dx + row * dx_stride + column;
        float old = accumulate ? to_float(*to) : 0.0f;
        float v = old + input_gradient(d, gamma[column], h, scale, m);
        *to = from_float<D>(v);
        if (rounded != nullptr) {
          rounded[row * rounded_stride + column] = from_float<Bf16>(v);
        }
      }
    });
  }
}

template <typename T, typename D>
DEVICE void backward(
    const T* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, D* dx, long long dx_stride, Bf16* rounded, long long rounded_stride,
    bool accumulate, float* partial, int rows, int columns) {
  SHARED(PairSums, sums, 2 * MOST_WARPS);
  bool held = columns % 4 == 0 && columns <= 4 * static_cast<int>(blockDim.x) &&
              is_wide(dy, dy_stride) &&
              is_wide(x, x_stride) && is_wide(gamma, 0) && is_wide(dx, dx_stride) &&
              is_wide(rounded, rounded_stride);
  if (held) {
    backward_held(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, rounded,
                  rounded_stride, accumulate, partial, rows, columns, sums);
  } else {
    backward_unheld(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, rounded,
                    rounded_stride, accumulate, partial, rows, columns, &sums[0].row[0].g);
  }
}

KERNEL BLOCK_OF(1024) layernorm_backward_f32_f32(
    const float* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, float* dx, long long dx_stride, Bf16* rounded,
    long long rounded_stride, int accumulate, float* partial, int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, rounded, rounded_stride,
           accumulate != 0, partial, rows, columns);
}

KERNEL BLOCK_OF(1024) layernorm_backward_bf16_f32(
    const Bf16* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, float* dx, long long dx_stride, Bf16* rounded,
    long long rounded_stride, int accumulate, float* partial, int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, rounded, rounded_stride,
           accumulate != 0, partial, rows, columns);
}

KERNEL BLOCK_OF(1024) layernorm_backward_bf16_bf16(
    const Bf16* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, Bf16* dx, long long dx_stride, int accumulate,
    float* partial, int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, nullptr, 0, accumulate != 0,
           partial, rows, columns);
}

// dgamma (blockIdx.y 0) and dbeta (1), either null, grow by the sum over the parts.
KERNEL BLOCK_OF(1024) layernorm_parameters_f32(
    const float* partial, int parts, float* dgamma, float* dbeta, int columns) {
  SHARED(double, sums, MOST_WARPS * WARP);
  float* to = blockIdx.y == 0 ? dgamma : dbeta;
  if (to == nullptr) {
    return;
  }
  int column = block() * WARP + lane();
  double sum = 0.0;
  if (column < columns) {
    const float* from = partial + static_cast<long long>(blockIdx.y) * columns + column;
#pragma unroll 8
    for (int part = warp(); part < parts; part += warps()) {  // eight loads under way together
      sum += from[2LL * columns * part];
    }
  }
  sums[threadIdx.x] = sum;
  block_barrier();
  if (warp() == 0 && column < columns) {
    double total = to[column];
    for (int w = 0; w < warps(); w++) {
      total += sums[w * WARP + lane()];
    }
    to[column] = static_cast<float>(total);
  }
}
