// CLIP's logits and its symmetric loss: ContrastiveOps in float32, sums in float64.
//
//   logits           logits = exp(log_scale) cosine
//   logits_backward  dcosine = exp(log_scale) dlogits; dlog_scale += sum(dlogits logits)
//   loss             row_lse[i] = log sum_j exp(l_ij), column_lse[j] = log sum_i exp(l_ij),
//                    loss = sum_i (row_lse[i] + column_lse[i] - 2 l_ii) / (2 N)
//   loss_backward    dlogits = (exp(l - row_lse) + exp(l - column_lse) - 2 I) / (2 N)
//
// Matrices with row strides; the loss's are (N, N). It reads the logits once: a block takes a tile of 64
// rows and 128 columns and leaves, for each of its rows and of its columns, the largest logit and the
// sum of exponentials below it; a second launch merges the tiles, a third adds the losses up.
//
// Bytes that must move, N^2 elements: logits 8, logits_backward 12, loss 4, loss_backward 8 each; 4096
// images take 31, 47, 16 and 31 us at 4.3 TB/s. Up to 1024 images (4 MB, which stay in L2) every launch
// is bound by latency.
#include "common/reduce.cuh"

constexpr int CONTRASTIVE_WARPS = 32;       // a block has at most so many
constexpr int CONTRASTIVE_TILE_WARPS = 8;   // warps of a tile's block
constexpr int CONTRASTIVE_TILE_ROWS = 64;
constexpr int CONTRASTIVE_TILE_COLUMNS = 128;
constexpr int CONTRASTIVE_WARP_ROWS = CONTRASTIVE_TILE_ROWS / CONTRASTIVE_TILE_WARPS;
constexpr int CONTRASTIVE_LANE_COLUMNS = CONTRASTIVE_TILE_COLUMNS / WARP;

// The columns of this block's row: matrices without gaps are seen as rows of any length, of which the
// last ends where `size` does.
DEVICE int contrastive_length(long long size, int columns) {
  long long left = size - block() * columns;
  return static_cast<int>(left < columns ? left : columns);
}

// Launch: a block a row, 256 threads.
KERNEL contrastive_logits_f32(
    const float* cosine, long long cosine_stride, const float* log_scale, float* logits,
    long long logits_stride, long long size, int columns) {
  const float* from = cosine + block() * cosine_stride;
  float* to = logits + block() * logits_stride;
  float scale = expf(*log_scale);
  int length = contrastive_length(size, columns);
#pragma unroll 4
  for (int i = threadIdx.x; i < length; i += blockDim.x) {
    to[i] = scale * from[i];
  }
}

// Launch: a block a row, 256 threads. dcosine may be null, or dlogits; so may partial (a float64 a block).
KERNEL contrastive_logits_backward_f32(
    const float* dlogits, long long dlogits_stride, const float* logits, long long logits_stride,
    const float* log_scale, float* dcosine, long long dcosine_stride, long long size, int columns,
    double* partial) {
  SHARED(double, warp_sums, CONTRASTIVE_WARPS);
  const float* up = dlogits + block() * dlogits_stride;
  const float* from = logits + block() * logits_stride;
  float* to = dcosine == nullptr ? nullptr : dcosine + block() * dcosine_stride;
  float scale = expf(*log_scale);
  int length = contrastive_length(size, columns);
  double sum = 0.0;
#pragma unroll 4
  for (int i = threadIdx.x; i < length; i += blockDim.x) {
    float gradient = up[i];
    if (partial != nullptr) {
      sum += static_cast<double>(gradient) * from[i];
    }
    if (to != nullptr) {
      to[i] = scale * gradient;
    }
  }
  if (partial != nullptr) {
    sum = block_sum(sum, warp_sums);
    if (threadIdx.x == 0) {
      partial[block()] = sum;
    }
  }
}

// result = (result if accumulate) + factor sum(partial). Launch: one block of up to 1024 threads.
KERNEL contrastive_finish_f32(
    const double* partial, long long count, double factor, int accumulate, float* result) {
  SHARED(double, warp_sums, CONTRASTIVE_WARPS);
  double sum = 0.0;
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    sum += partial[i];
  }
  sum = block_sum(sum, warp_sums);
  if (threadIdx.x == 0) {
    *result = static_cast<float>((accumulate ? *result : 0.0) + factor * sum);
  }
}

// exp(value - largest), 0 where nothing is larger than minus infinity.
DEVICE float exp_below(float value, float largest) {
  return largest == -INFINITY_F32 ? 0.0f : expf(value - largest);
}

// Launch: grid (N / 128, N / 64), rounded up; 256 threads. row_largest, row_sum: (N / 128, N);
// column_largest, column_sum: (N / 64, N).
KERNEL contrastive_tiles_f32(
    const float* logits, long long stride, int n, float* row_largest, float* row_sum,
    float* column_largest, float* column_sum) {
  SHARED(float, largest, CONTRASTIVE_TILE_WARPS * CONTRASTIVE_TILE_COLUMNS);
  SHARED(float, sums, CONTRASTIVE_TILE_WARPS * CONTRASTIVE_TILE_COLUMNS);
  int first_row = blockIdx.y * CONTRASTIVE_TILE_ROWS + warp() * CONTRASTIVE_WARP_ROWS;
  int first_column = blockIdx.x * CONTRASTIVE_TILE_COLUMNS + lane();
  float l[CONTRASTIVE_WARP_ROWS][CONTRASTIVE_LANE_COLUMNS];
#pragma unroll
  for (int r = 0; r < CONTRASTIVE_WARP_ROWS; r++) {
    const float* row = logits + (first_row + r) * stride;
#pragma unroll
    for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
      int column = first_column + c * WARP;
      l[r][c] = first_row + r < n && column < n ? row[column] : -INFINITY_F32;
    }
  }

#pragma unroll
  for (int r = 0; r < CONTRASTIVE_WARP_ROWS; r++) {
    float most = l[r][0];
#pragma unroll
    for (int c = 1; c < CONTRASTIVE_LANE_COLUMNS; c++) {
      most = fmaxf(most, l[r][c]);
    }
    most = warp_max(most);
    float sum = 0.0f;
#pragma unroll
    for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
      sum += exp_below(l[r][c], most);
    }
    sum = warp_sum(sum);
    if (lane() == 0 && first_row + r < n) {
      long long place = static_cast<long long>(blockIdx.x) * n + first_row + r;
      row_largest[place] = most;
      row_sum[place] = sum;
    }
  }

#pragma unroll
  for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
    float most = l[0][c];
#pragma unroll
    for (int r = 1; r < CONTRASTIVE_WARP_ROWS; r++) {
      most = fmaxf(most, l[r][c]);
    }
    float sum = 0.0f;
#pragma unroll
    for (int r = 0; r < CONTRASTIVE_WARP_ROWS; r++) {
      sum += exp_below(l[r][c], most);
    }
    int place = warp() * CONTRASTIVE_TILE_COLUMNS + c * WARP + lane();
    largest[place] = most;
    sums[place] = sum;
  }
  block_barrier();
  int column = blockIdx.x * CONTRASTIVE_TILE_COLUMNS + threadIdx.x;
  if (threadIdx.x < CONTRASTIVE_TILE_COLUMNS && column < n) {
    float most = largest[threadIdx.x];
    for (int w = 1; w < CONTRASTIVE_TILE_WARPS; w++) {
      most = fmaxf(most, largest[w * CONTRASTIVE_TILE_COLUMNS + threadIdx.x]);
    }
    float sum = 0.0f;
    for (int w = 0; w < CONTRASTIVE_TILE_WARPS; w++) {
      int place = w * CONTRASTIVE_TILE_COLUMNS + threadIdx.x;
      sum += sums[place] * exp_below(largest[place], most);
    }
    long long place = static_cast<long long>(blockIdx.y) * n + column;
    column_largest[place] = most;
    column_sum[place] = sum;
  }
}

// The log-sum-exp of row or column i from its parts in all tiles.
DEVICE float merged_lse(const float* largest, const float* sums, int tiles, int n, int i) {
  float most = largest[i];
  for (int t = 1; t < tiles; t++) {
    most = fmaxf(most, largest[static_cast<long long>(t) * n + i]);
  }
  double sum = 0.0;
  for (int t = 0; t < tiles; t++) {
    long long place = static_cast<long long>(t) * n + i;
    sum += static_cast<double>(sums[place]) * exp_below(largest[place], most);
  }
  return most + logf(static_cast<float>(sum));
}

// Launch: a thread a row and column, 128 a block. partial: a float64 a block.
KERNEL contrastive_lse_f32(
    const float* logits, long long stride, int n, const float* row_largest, const float* row_sum,
    const float* column_largest, const float* column_sum, float* row_lse, float* column_lse,
    double* partial) {
  SHARED(double, warp_sums, CONTRASTIVE_WARPS);
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double loss = 0.0;
  if (i < n) {
    int across = (n + CONTRASTIVE_TILE_COLUMNS - 1) / CONTRASTIVE_TILE_COLUMNS;
    int down = (n + CONTRASTIVE_TILE_ROWS - 1) / CONTRASTIVE_TILE_ROWS;
    float row = merged_lse(row_largest, row_sum, across, n, i);
    float column = merged_lse(column_largest, column_sum, down, n, i);
    row_lse[i] = row;
    column_lse[i] = column;
    loss = static_cast<double>(row) + column - 2.0 * logits[i * stride + i];
  }
  loss = block_sum(loss, warp_sums);
  if (threadIdx.x == 0) {
    partial[block()] = loss;
  }
}

// Launch: grid (N / 128, N / 64), rounded up; 256 threads. factor: 1 / (2 N). dlogits may be logits.
KERNEL contrastive_loss_backward_f32(
    const float* logits, long long stride, const float* row_lse, const float* column_lse,
    float* dlogits, long long dlogits_stride, int n, float factor) {
  int first_row = blockIdx.y * CONTRASTIVE_TILE_ROWS + warp() * CONTRASTIVE_WARP_ROWS;
  int first_column = blockIdx.x * CONTRASTIVE_TILE_COLUMNS + lane();
  float column_shift[CONTRASTIVE_LANE_COLUMNS];
#pragma unroll
  for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
    int column = first_column + c * WARP;
    column_shift[c] = column < n ? column_lse[column] : 0.0f;
  }
#pragma unroll 2
  for (int r = 0; r < CONTRASTIVE_WARP_ROWS; r++) {
    int row = first_row + r;
    if (row >= n) {
      break;
    }
    float row_shift = row_lse[row];
    const float* from = logits + row * stride;
    float* to = dlogits + row * dlogits_stride;
    float l[CONTRASTIVE_LANE_COLUMNS];
#pragma unroll
    for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
      int column = first_column + c * WARP;
      l[c] = column < n ? from[column] : 0.0f;
    }
#pragma unroll
    for (int c = 0; c < CONTRASTIVE_LANE_COLUMNS; c++) {
      int column = first_column + c * WARP;
      if (column < n) {
        float sum = expf(l[c] - row_shift) + expf(l[c] - column_shift[c]);
        to[column] = factor * (column == row ? sum - 2.0f : sum);
      }
    }
  }
}
