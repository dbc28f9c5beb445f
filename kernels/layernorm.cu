// Layer normalisation over the last axis (LayerNormOps), alone and after the residual addition.
//
//   forward       y = (x - mean) rstd gamma + beta      rstd = 1 / sqrt(variance + epsilon)
//   add_forward   sum = x + branch, then forward of sum
//   backward      h = (x - mean) rstd,  g = dy gamma
//                 dx = rstd (g - mean(g) - h mean(g h)), written or added to the residual gradient
//                 dgamma += sum over rows of dy h,  dbeta += sum over rows of dy
//
// x, sum, y, branch, dy, dx (rows, columns), each with a row stride in elements; gamma, beta, dgamma,
// dbeta (columns); mean, rstd (rows). The residual stream (x, sum), parameters, statistics and their
// gradients are float; what goes to and comes from matrix products (y, branch, dy) is float or bf16.
// The names say which: forward_Y, add_forward_BRANCH_Y, backward_DY_DX.
//
// Forward: a row lies in registers; the variance is summed from deviations, and the rounding error of
// the first mean is summed with it and taken away, so a mean a thousand deviations away does no harm.
//   Launch: up to 1,024 columns a warp a row, blocks of 256, grid = rows / 8 rounded up; beyond, a
//   block a row, a warp for each 1,024 columns begun, up to 512 threads. Longer rows, and rows not
//   aligned for groups of four, are read from memory three times, in the same launches.
//
// Backward: one pass over dy and x. A thread owns four columns and sums their dgamma and dbeta in
// registers over all rows of its block, two rows at a time, whose four sums share one barrier.
// Each block then leaves a row of partial sums, and layernorm_parameters adds these up in double, in a
// fixed order: no atomics, two runs give the same bits.
//   Launch: a thread for four columns, in whole warps, up to 1,024 threads; any grid up to rows / 2:
//   blocks go on by the grid's width. partial: (grid, 2, columns) floats, or null where neither dgamma
//   nor dbeta is wanted. More than 4,096 columns, or rows not aligned, are read twice, and then the
//   sums are kept in partial itself.
//   layernorm_parameters: 32 columns a block, a warp or more of parts (up to 32), grid (columns / 32, 2).
//
// Bytes that must move, for each element: forward 8 (bf16 y: 6); add_forward 16 (bf16: 12); backward 12
// (bf16 dy: 10), adding to dx 16 (bf16 dy: 14). At 4.3 TB/s, 64 images of ViT-L/14 (16,448 rows of
// 1,024): forward 31 us (24), add_forward 63 us (47), backward adding to dx 63 us (55).
#include "common/row.cuh"

// Mean and rstd of a row, and what is left in its deviations of the first mean's rounding error.
struct Statistics {
  float mean, rest, rstd;
};

// values[0]: sum of the deviations from `first`, values[1]: sum of their squares.
DEVICE Statistics statistics(float first, const float (&values)[2], int columns, float epsilon) {
  float rest = values[0] / columns;
  float variance = fmaxf(values[1] / columns - rest * rest, 0.0f);
  return Statistics{first + rest, rest, 1.0f / sqrtf(variance + epsilon)};
}

DEVICE float sum4(Float4 v) { return (v.x + v.y) + (v.z + v.w); }

// A row in registers.
template <typename Team, typename B, typename Y>
DEVICE Statistics forward_held(
    const float* x, const B* branch, const float* gamma, const float* beta, float epsilon, float* sum,
    Y* y, int columns, float* partial) {
  Float4 v[HELD];
  for_held<Team>(columns, [&](int n, int column) { v[n] = load4(x + column); });
  if (branch != nullptr) {
    for_held<Team>(columns, [&](int n, int column) {
      Float4 b = load4(branch + column);
      v[n] = Float4{v[n].x + b.x, v[n].y + b.y, v[n].z + b.z, v[n].w + b.w};
    });
    for_held<Team>(columns, [&](int n, int column) { store4(sum + column, v[n]); });
  }

  float total[1] = {0.0f};
  for_held<Team>(columns, [&](int n, int) { total[0] += sum4(v[n]); });
  Team::sums(total, partial);
  float first = total[0] / columns;

  float values[2] = {0.0f, 0.0f};
  for_held<Team>(columns, [&](int n, int) {
    v[n] = Float4{v[n].x - first, v[n].y - first, v[n].z - first, v[n].w - first};
    values[0] += sum4(v[n]);
    values[1] += (v[n].x * v[n].x + v[n].y * v[n].y) + (v[n].z * v[n].z + v[n].w * v[n].w);
  });
  Team::sums(values, partial);
  Statistics s = statistics(first, values, columns, epsilon);

  for_held<Team>(columns, [&](int n, int column) {
    Float4 g = load4(gamma + column);
    Float4 b = load4(beta + column);
    store4(y + column, Float4{(v[n].x - s.rest) * s.rstd * g.x + b.x,
                              (v[n].y - s.rest) * s.rstd * g.y + b.y,
                              (v[n].z - s.rest) * s.rstd * g.z + b.z,
                              (v[n].w - s.rest) * s.rstd * g.w + b.w});
  });
  return s;
}

// The same steps on a row of any width and alignment; each thread reads again only what it wrote.
template <typename Team, typename B, typename Y>
DEVICE Statistics forward_unheld(
    const float* x, const B* branch, const float* gamma, const float* beta, float epsilon, float* sum,
    Y* y, int columns, float* partial) {
  const float* from = branch == nullptr ? x : sum;
  float total[1] = {0.0f};
  for_columns<Team>(columns, [&](int column) {
    float value = x[column];
    if (branch != nullptr) {
      value += to_float(branch[column]);
      sum[column] = value;
    }
    total[0] += value;
  });
  Team::sums(total, partial);
  float first = total[0] / columns;

  float values[2] = {0.0f, 0.0f};
  for_columns<Team>(columns, [&](int column) {
    float deviation = from[column] - first;
    values[0] += deviation;
    values[1] += deviation * deviation;
  });
  Team::sums(values, partial);
  Statistics s = statistics(first, values, columns, epsilon);

  for_columns<Team>(columns, [&](int column) {
    float h = (from[column] - first - s.rest) * s.rstd;
    y[column] = from_float<Y>(h * gamma[column] + beta[column]);
  });
  return s;
}

template <typename Team, typename B, typename Y>
DEVICE void forward_row(
    const float* x, long long x_stride, const B* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, Y* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns, float* partial) {
  long long row = row_of(Team{});
  if (row >= rows) {
    return;
  }
  bool held = is_held<Team>(columns) && is_wide(x, x_stride) && is_wide(y, y_stride) &&
              is_wide(gamma, 0) && is_wide(beta, 0) && is_wide(branch, branch_stride) &&
              is_wide(sum, sum_stride);
  x += row * x_stride;
  y += row * y_stride;
  if (branch != nullptr) {
    branch += row * branch_stride;
    sum += row * sum_stride;
  }
  Statistics s =
      held ? forward_held<Team>(x, branch, gamma, beta, epsilon, sum, y, columns, partial)
           : forward_unheld<Team>(x, branch, gamma, beta, epsilon, sum, y, columns, partial);
  if (Team::rank() == 0) {
    if (mean != nullptr) {
      mean[row] = s.mean;
    }
    if (rstd != nullptr) {
      rstd[row] = s.rstd;
    }
  }
}

template <typename B, typename Y>
DEVICE void forward(
    const float* x, long long x_stride, const B* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, Y* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns) {
  SHARED(float, partial, 2 * MOST_WARPS);
  if (columns <= WARP_ROW) {
    forward_row<WarpTeam>(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y,
                          y_stride, mean, rstd, rows, columns, partial);
  } else {
    forward_row<BlockTeam>(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y,
                           y_stride, mean, rstd, rows, columns, partial);
  }
}

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
    const float* mean, const float* rstd, D* dx, long long dx_stride, bool accumulate, float* partial,
    int rows, int columns, PairSums* sums) {
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
        store4(dx + static_cast<long long>(first + r) * dx_stride + column,
               Float4{old[r].x + input_gradient(d[r].x, weight.x, h[r].x, scale[r], m),
                      old[r].y + input_gradient(d[r].y, weight.y, h[r].y, scale[r], m),
                      old[r].z + input_gradient(d[r].z, weight.z, h[r].z, scale[r], m),
                      old[r].w + input_gradient(d[r].w, weight.w, h[r].w, scale[r], m)});
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
    const float* mean, const float* rstd, D* dx, long long dx_stride, bool accumulate, float* partial,
    int rows, int columns, float* sums) {
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
        *to = from_float<D>(old + input_gradient(d, gamma[column], h, scale, m));
      }
    });
  }
}

template <typename T, typename D>
DEVICE void backward(
    const T* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, D* dx, long long dx_stride, bool accumulate, float* partial,
    int rows, int columns) {
  SHARED(PairSums, sums, 2 * MOST_WARPS);
  bool held = columns % 4 == 0 && columns <= 4 * static_cast<int>(blockDim.x) && is_wide(dy, dy_stride) &&
              is_wide(x, x_stride) && is_wide(gamma, 0) && is_wide(dx, dx_stride);
  if (held) {
    backward_held(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, accumulate, partial, rows,
                  columns, sums);
  } else {
    backward_unheld(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, accumulate, partial,
                    rows, columns, &sums[0].row[0].g);
  }
}

KERNEL BLOCK_OF(512) layernorm_forward_f32(
    const float* x, long long x_stride, const float* gamma, const float* beta, float epsilon, float* y,
    long long y_stride, float* mean, float* rstd, int rows, int columns) {
  forward<float>(x, x_stride, nullptr, 0, gamma, beta, epsilon, nullptr, 0, y, y_stride, mean, rstd, rows,
                 columns);
}

KERNEL BLOCK_OF(512) layernorm_forward_bf16(
    const float* x, long long x_stride, const float* gamma, const float* beta, float epsilon, Bf16* y,
    long long y_stride, float* mean, float* rstd, int rows, int columns) {
  forward<float>(x, x_stride, nullptr, 0, gamma, beta, epsilon, nullptr, 0, y, y_stride, mean, rstd, rows,
                 columns);
}

KERNEL BLOCK_OF(512) layernorm_add_forward_f32_f32(
    const float* x, long long x_stride, const float* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, float* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns) {
  forward(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y, y_stride, mean,
          rstd, rows, columns);
}

KERNEL BLOCK_OF(512) layernorm_add_forward_f32_bf16(
    const float* x, long long x_stride, const float* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, Bf16* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns) {
  forward(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y, y_stride, mean,
          rstd, rows, columns);
}

KERNEL BLOCK_OF(512) layernorm_add_forward_bf16_f32(
    const float* x, long long x_stride, const Bf16* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, float* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns) {
  forward(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y, y_stride, mean,
          rstd, rows, columns);
}

KERNEL BLOCK_OF(512) layernorm_add_forward_bf16_bf16(
    const float* x, long long x_stride, const Bf16* branch, long long branch_stride, const float* gamma,
    const float* beta, float epsilon, float* sum, long long sum_stride, Bf16* y, long long y_stride,
    float* mean, float* rstd, int rows, int columns) {
  forward(x, x_stride, branch, branch_stride, gamma, beta, epsilon, sum, sum_stride, y, y_stride, mean,
          rstd, rows, columns);
}

KERNEL BLOCK_OF(1024) layernorm_backward_f32_f32(
    const float* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, float* dx, long long dx_stride, int accumulate, float* partial,
    int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, accumulate != 0, partial, rows,
           columns);
}

KERNEL BLOCK_OF(1024) layernorm_backward_bf16_f32(
    const Bf16* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, float* dx, long long dx_stride, int accumulate, float* partial,
    int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, accumulate != 0, partial, rows,
           columns);
}

KERNEL BLOCK_OF(1024) layernorm_backward_bf16_bf16(
    const Bf16* dy, long long dy_stride, const float* x, long long x_stride, const float* gamma,
    const float* mean, const float* rstd, Bf16* dx, long long dx_stride, int accumulate, float* partial,
    int rows, int columns) {
  backward(dy, dy_stride, x, x_stride, gamma, mean, rstd, dx, dx_stride, accumulate != 0, partial, rows,
           columns);
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
