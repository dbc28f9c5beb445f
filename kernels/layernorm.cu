// Layer normalisation over the last axis (LayerNormOps), alone and after the residual addition; its
// gradients are layernorm_backward.cu.
//
//   forward       y = (x - mean) rstd gamma + beta      rstd = 1 / sqrt(variance + epsilon)
//   add_forward   sum = x + branch, then forward of sum
//
// x, sum, y, branch (rows, columns), each with a row stride in elements; gamma, beta (columns); mean,
// rstd (rows). The residual stream (x, sum), parameters and statistics are float; what goes to and comes
// from matrix products (y, branch) is float or bf16. The names say which: forward_Y, add_forward_BRANCH_Y.
//
// A row lies in registers; the variance is summed from deviations, and the rounding error of the first
// mean is summed with it and taken away, so a mean a thousand deviations away does no harm.
//
// Launch: up to 1,024 columns a warp a row, blocks of 256, grid = rows / 8 rounded up; beyond, a block a
// row, a warp for each 1,024 columns begun, up to 512 threads. Longer rows, and rows not aligned for
// groups of four, are read from memory three times, in the same launches.
//
// Bytes that must move, for each element: forward 8 (bf16 y: 6); add_forward 16 (bf16: 12). At 4.3 TB/s,
// 64 images of ViT-L/14 (16,448 rows of 1,024): forward 31 us (24), add_forward 63 us (47).
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
