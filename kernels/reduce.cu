// Sums over many elements, accumulated in float64: ReduceOps.
//
//   sum, squares     a number for all elements of one tensor, or of many
//   non_finite       the first of many tensors that holds a NaN or an infinity
//   columns          out[j] (+)= sum over i of x[i][j]
//   squared_error    loss = mean((p - t)^2), d = 2 (p - t) / n
//
// Elements are float32; those of sum, squares, non_finite and columns may be bf16.
//
// What gives one number works in two launches: a block reduces a span of 16384 elements into partial[b],
// then one block adds the partial numbers, in order. Spans of many tensors come from a table in device
// memory. columns: a block sums some rows of 32 lanes' columns, then the same kernel sums the blocks' rows.
//
// Bytes that must move: each element once (squared_error: 12 bytes an element with its gradient, 8
// without). At 4.3 TB/s 304 million float32 parameters take 283 us; columns of (16448, 4096) take 63 us
// in float32 and 31 us in bf16. The second launch is bound by latency. Adding in float64 keeps up with
// memory where a multiprocessor converts and adds 5 float32 a clock, as data-centre cards do.
#include "common/reduce.cuh"
#include "common/rowsum.cuh"

constexpr int REDUCE_SPAN = 16384;  // elements of a block
constexpr int REDUCE_WARPS = 32;    // a block has at most so many
constexpr int REDUCE_IN_FLIGHT = 4; // loads a thread has under way
constexpr int REDUCE_FIELDS = 6;    // numbers of a tensor in the table

constexpr int SUM = 0;
constexpr int SQUARES = 1;
constexpr int NON_FINITE = 2;

template <int KIND>
DEVICE double reduce_term(float value) {
  if constexpr (KIND == SUM) {
    return value;
  } else if constexpr (KIND == SQUARES) {
    return static_cast<double>(value) * value;
  } else {
    return fabsf(value) < INFINITY_F32 ? 0.0 : 1.0;
  }
}

// The terms of a run of elements that fall to this thread.
template <int KIND, int V, typename T>
DEVICE double reduce_run(const T* x, int length) {
  double sums[V] = {};
  int step = blockDim.x * V;
#pragma unroll 1
  for (int first = threadIdx.x * V; first < length; first += REDUCE_IN_FLIGHT * step) {
    Lanes<V> v[REDUCE_IN_FLIGHT];
#pragma unroll
    for (int u = 0; u < REDUCE_IN_FLIGHT; u++) {
      int i = first + u * step;
      v[u] = i < length ? load_lanes<V>(x + i) : zeros<V>();
    }
#pragma unroll
    for (int u = 0; u < REDUCE_IN_FLIGHT; u++) {
#pragma unroll
      for (int i = 0; i < V; i++) {
        sums[i] += reduce_term<KIND>(v[u].at[i]);
      }
    }
  }
  double sum = 0.0;
#pragma unroll
  for (int i = 0; i < V; i++) {
    sum += sums[i];
  }
  return sum;
}

// The terms of one span: REDUCE_SPAN elements of a tensor without gaps (rows_per_span 0, size its
// elements), or some rows of one with gaps.
template <int KIND, typename T>
DEVICE double reduce_span(
    const T* x, long long size, int columns, long long stride, int rows_per_span, long long span) {
  if (rows_per_span == 0) {
    long long begin = span * REDUCE_SPAN;
    long long left = size - begin;
    int length = static_cast<int>(left < REDUCE_SPAN ? left : REDUCE_SPAN);
    int wide = is_wide(x, 0) ? length / 4 * 4 : 0;
    double sum = reduce_run<KIND, 4>(x + begin, wide);
    return sum + reduce_run<KIND, 1>(x + begin + wide, length - wide);
  }
  double sum = 0.0;
  long long rows = size / columns;
  long long begin = span * rows_per_span;
  long long end = begin + rows_per_span < rows ? begin + rows_per_span : rows;
  for (long long row = begin; row < end; row++) {
    sum += reduce_run<KIND, 1>(x + row * stride, columns);
  }
  return sum;
}

template <typename T>
DEVICE void reduce_sum(
    const T* x, long long size, int columns, long long stride, int rows_per_span, double* partial) {
  SHARED(double, warp_sums, REDUCE_WARPS);
  double sum = reduce_span<SUM>(x, size, columns, stride, rows_per_span, block());
  sum = block_sum(sum, warp_sums);
  if (threadIdx.x == 0) {
    partial[block()] = sum;
  }
}

// Launch: a block a span, 256 threads.
KERNEL reduce_sum_f32(
    const float* x, long long size, int columns, long long stride, int rows_per_span,
    double* partial) {
  reduce_sum(x, size, columns, stride, rows_per_span, partial);
}

KERNEL reduce_sum_bf16(
    const Bf16* x, long long size, int columns, long long stride, int rows_per_span,
    double* partial) {
  reduce_sum(x, size, columns, stride, rows_per_span, partial);
}

// The last of the table's tensors whose first span is not after `span`. Tensors without elements have
// no spans and are not in the table.
DEVICE int reduce_owner(const long long* table, int tensors, long long span) {
  int low = 0;
  int high = tensors - 1;
  while (low < high) {
    int middle = (low + high + 1) / 2;
    if (table[middle * REDUCE_FIELDS] <= span) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// table: first span, address, elements, columns, stride, rows per span (negative, less one: bf16) of
// each tensor. partial[b]: the sum of span b; for NON_FINITE the number of the span's tensor, or
// `tensors` where all is finite.
template <int KIND>
DEVICE void reduce_tensors(const long long* table, int tensors, double* partial) {
  SHARED(double, warp_sums, REDUCE_WARPS);
  int owner = reduce_owner(table, tensors, block());
  const long long* entry = table + owner * REDUCE_FIELDS;
  long long span = block() - entry[0];
  int columns = static_cast<int>(entry[3]);
  int rows = static_cast<int>(entry[5]);
  double sum;
  if (rows < 0) {
    const Bf16* x = reinterpret_cast<const Bf16*>(entry[1]);
    sum = reduce_span<KIND>(x, entry[2], columns, entry[4], -1 - rows, span);
  } else {
    const float* x = reinterpret_cast<const float*>(entry[1]);
    sum = reduce_span<KIND>(x, entry[2], columns, entry[4], rows, span);
  }
  sum = block_sum(sum, warp_sums);
  if (threadIdx.x == 0) {
    if constexpr (KIND == NON_FINITE) {
      partial[block()] = sum > 0.0 ? owner : tensors;
    } else {
      partial[block()] = sum;
    }
  }
}

// Launch: a block a span, 256 threads.
KERNEL reduce_squares(const long long* table, int tensors, double* partial) {
  reduce_tensors<SQUARES>(table, tensors, partial);
}

KERNEL reduce_non_finite(const long long* table, int tensors, double* partial) {
  reduce_tensors<NON_FINITE>(table, tensors, partial);
}

// The sum of the partial numbers, in every thread of the only block.
DEVICE double reduce_partial(const double* partial, long long count, double* warp_sums) {
  double sum = 0.0;
#pragma unroll 8
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    sum += partial[i];
  }
  return block_sum(sum, warp_sums);
}

// Launch: one block of up to 1024 threads.
KERNEL reduce_finish_sum(const double* partial, long long count, double* result) {
  SHARED(double, warp_sums, REDUCE_WARPS);
  double sum = reduce_partial(partial, count, warp_sums);
  if (threadIdx.x == 0) {
    *result = sum;
  }
}

// The least of the partial numbers. Launch: one block of up to 1024 threads.
KERNEL reduce_finish_least(const double* partial, long long count, double* result) {
  SHARED(double, warp_least, REDUCE_WARPS);
  double least = partial[0];
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    least = partial[i] < least ? partial[i] : least;
  }
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    double other = shuffle_xor(least, mask);
    least = other < least ? other : least;
  }
  if (lane() == 0) {
    warp_least[warp()] = least;
  }
  block_barrier();
  if (threadIdx.x == 0) {
    for (int w = 0; w < warps(); w++) {
      least = warp_least[w] < least ? warp_least[w] : least;
    }
    *result = least;
  }
}

// Launch: one block of up to 1024 threads.
KERNEL reduce_finish_mean(
    const double* partial, long long count, double elements, float* result) {
  SHARED(double, warp_sums, REDUCE_WARPS);
  double sum = reduce_partial(partial, count, warp_sums);
  if (threadIdx.x == 0) {
    *result = static_cast<float>(sum / elements);
  }
}

template <int V, typename T>
DEVICE void column_sums(
    const T* x, long long stride, int rows, int rows_per_block, int columns, int accumulate,
    float* out) {
  SHARED(float, partial, ROWSUM_WARPS * ROWSUM_WIDTH<V>);
  int column = (blockIdx.x * WARP + lane()) * V;
  bool inside = column < columns;
  long long begin = static_cast<long long>(blockIdx.y) * rows_per_block;
  int count = static_cast<int>(rows - begin < rows_per_block ? rows - begin : rows_per_block);
  double sums[V];
  row_sums<V>(x + begin * stride + column, stride, count, inside, partial, sums);
  if (warp() > 0 || !inside) {
    return;
  }
  float* to = out + static_cast<long long>(blockIdx.y) * columns + column;
#pragma unroll
  for (int i = 0; i < V; i++) {
    to[i] = static_cast<float>(accumulate ? to[i] + sums[i] : sums[i]);
  }
}

// Launch: grid (columns / (32 lanes), rows / rows_per_block), rounded up; 256 threads. out: a row of
// sums for each of the blocks of rows.
KERNEL reduce_columns_f32(
    const float* x, long long stride, int rows, int rows_per_block, int columns, int accumulate,
    float* out, int lanes) {
  if (lanes == 4) {
    column_sums<4>(x, stride, rows, rows_per_block, columns, accumulate, out);
  } else {
    column_sums<1>(x, stride, rows, rows_per_block, columns, accumulate, out);
  }
}

KERNEL reduce_columns_bf16(
    const Bf16* x, long long stride, int rows, int rows_per_block, int columns, int accumulate,
    float* out, int lanes) {
  if (lanes == 4) {
    column_sums<4>(x, stride, rows, rows_per_block, columns, accumulate, out);
  } else {
    column_sums<1>(x, stride, rows, rows_per_block, columns, accumulate, out);
  }
}

// Launch: a block a row of `columns` elements, 256 threads; the last row ends where `size` does. Matrices
// without gaps are seen as rows of 16384. weight: 2 / size; d may be null.
KERNEL reduce_squared_error_f32(
    const float* prediction, long long prediction_stride, const float* target,
    long long target_stride, float* d, long long d_stride, long long size, int columns,
    float weight, double* partial) {
  SHARED(double, warp_sums, REDUCE_WARPS);
  long long left = size - block() * columns;
  int length = static_cast<int>(left < columns ? left : columns);
  const float* p = prediction + block() * prediction_stride;
  const float* t = target + block() * target_stride;
  float* to = d == nullptr ? nullptr : d + block() * d_stride;
  double sum = 0.0;
#pragma unroll 4
  for (int i = threadIdx.x; i < length; i += blockDim.x) {
    float difference = p[i] - t[i];
    sum += static_cast<double>(difference) * difference;
    if (to != nullptr) {
      to[i] = weight * difference;
    }
  }
  sum = block_sum(sum, warp_sums);
  if (threadIdx.x == 0) {
    partial[block()] = sum;
  }
}
