// Correlation RDMs at all times at once, RdmOps.correlation, and their gradient.
//
//   normalise  c = x - mean(x) over a row's dimensions     norm = |c|     unit = c/norm
//   product    rdm[t,(a,b)] = 1 - unit[t,a] . unit[t,b]    pairs (0,1), (0,2), ..., (1,2), ...
//   backward   du[a] = -sum over b of H[a,b] unit[b], H the symmetric matrix of drdm, 0 on the diagonal
//              dc = (du - unit (unit . du))/norm           dx = dc - mean(dc)
//
// x, unit, dx (T, B, K), norm (T, B), rdm and drdm (T, P), P = B (B-1)/2, all float and without gaps. unit may
// be x; norm may be null going forward. Sums over a row are f64, products float. A constant row is 0/0: NaN.
//
// Launch:
//   normalise  a warp a row: grid = T B/8. The mean is taken off in two floats, so that rows far from 0 keep
//              their accuracy.
//   product    256 threads make a tile of 64 x 64 pairs, 4 x 4 each, from 32 dimensions at a time in shared
//              memory: grid = (tiles, T), tiles below the diagonal leave at once
//   backward   a warp a row, 128 dimensions at a time: grid = T B/8. Eight rows of one time read its unit rows
//              out of L1 (13 KB for 50 images of 66).
//
// Bytes that must move: normalise 8 T B K, product 4 T (B K + P), backward 4 T (2 B K + P). With T = 281, B =
// 50, K = 66: 7.4 MB, 5.1 MB, 8.8 MB; 2 us, 1 us, 2 us at 4.3 TB/s. Operations: 46 MFLOP for all pairs (of
// which a tile wastes two thirds), 93 MFLOP backward: 2 us each. All are bound by latency.
#include "common/reduce.cuh"

constexpr int TILE = 64;
constexpr int DEPTH = 32;
constexpr int SIDE = 16;    // threads along each side of a tile
constexpr int EACH = 4;     // rows and columns of a thread, SIDE apart
constexpr int CHUNK = 4;    // dimensions of a lane at a time, WARP apart
constexpr int ROW_WARPS = 8;

// Where the pair (row, column) lies in a time's condensed RDM, for row below column.
DEVICE long long pair(int row, int column, int batch) {
  return static_cast<long long>(row) * (2LL * batch - row - 1) / 2 + column - row - 1;
}

KERNEL BLOCK_OF(256) rdm_normalise_f32(
    const float* x, float* unit, float* norm, long long rows, int width) {
  long long row = block() * ROW_WARPS + warp();
  if (row >= rows) {
    return;  // the whole warp
  }
  const float* from = x + row * width;
  float* to = unit + row * width;  // may be x: a lane reads its elements before it writes
  double sum = 0.0;
  for (int k = lane(); k < width; k += WARP) {
    sum += from[k];
  }
  double mean = warp_sum(sum) / width;
  float high = static_cast<float>(mean);
  float low = static_cast<float>(high - mean);
  double squares = 0.0;
  for (int k = lane(); k < width; k += WARP) {
    float centred = add_rounded(add_rounded(from[k], -high), low);
    to[k] = centred;
    squares += static_cast<double>(centred) * centred;
  }
  double length = sqrt(warp_sum(squares));
  float scale = static_cast<float>(1.0 / length);
  for (int k = lane(); k < width; k += WARP) {
    to[k] *= scale;
  }
  if (norm != nullptr && lane() == 0) {
    norm[row] = static_cast<float>(length);
  }
}

// Copies DEPTH dimensions of TILE rows; 0 beyond the last row or dimension.
DEVICE void load_rows(
    const float* unit, int first_row, int batch, int first_dimension, int width, float* tile) {
  int k = first_dimension + lane();
#pragma unroll
  for (int r = warp(); r < TILE; r += ROW_WARPS) {
    int row = first_row + r;
    bool inside = row < batch && k < width;
    tile[r * (DEPTH + 1) + lane()] = inside ? unit[static_cast<long long>(row) * width + k] : 0.0f;
  }
}

KERNEL BLOCK_OF(256) rdm_product_f32(
    const float* unit, float* rdm, int batch, int width, int tiles) {
  SHARED(float, a, TILE * (DEPTH + 1));  // a row more wide than its data: no bank conflicts
  SHARED(float, b, TILE * (DEPTH + 1));
  int first_row = static_cast<int>(blockIdx.x) / tiles * TILE;
  int first_column = static_cast<int>(blockIdx.x) % tiles * TILE;
  if (first_row > first_column) {
    return;  // the whole block
  }
  long long time = blockIdx.y;
  const float* from = unit + time * batch * width;
  int row = threadIdx.x / SIDE;
  int column = threadIdx.x % SIDE;
  float sums[EACH][EACH] = {};
  for (int first = 0; first < width; first += DEPTH) {
    block_barrier();  // the tiles' last readers are done
    load_rows(from, first_row, batch, first, width, a);
    load_rows(from, first_column, batch, first, width, b);
    block_barrier();
#pragma unroll 4
    for (int k = 0; k < DEPTH; k++) {
      float left[EACH];
      float right[EACH];
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        left[i] = a[(row + SIDE * i) * (DEPTH + 1) + k];
        right[i] = b[(column + SIDE * i) * (DEPTH + 1) + k];
      }
#pragma unroll
      for (int i = 0; i < EACH; i++) {
#pragma unroll
        for (int j = 0; j < EACH; j++) {
          sums[i][j] += left[i] * right[j];
        }
      }
    }
  }
  float* to = rdm + time * (static_cast<long long>(batch) * (batch - 1) / 2);
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    int own_row = first_row + row + SIDE * i;
    long long start = pair(own_row, 0, batch);
#pragma unroll
    for (int j = 0; j < EACH; j++) {
      int own_column = first_column + column + SIDE * j;
      if (own_row < own_column && own_column < batch) {
        to[start + own_column] = 1.0f - sums[i][j];
      }
    }
  }
}

KERNEL BLOCK_OF(256) rdm_correlation_backward_f32(
    const float* drdm, const float* unit, const float* norm, float* dx, int batch, int width) {
  int row = static_cast<int>(blockIdx.x) * ROW_WARPS + warp();
  if (row >= batch) {
    return;  // the whole warp
  }
  long long time = blockIdx.y;
  const float* of = unit + time * batch * width;
  const float* own = of + static_cast<long long>(row) * width;
  const float* gradients = drdm + time * (static_cast<long long>(batch) * (batch - 1) / 2);
  float* to = dx + (time * batch + row) * width;

  // Leaves -du in dx, of which each lane then reads what it wrote.
  double along = 0.0;
  for (int first = lane(); first - lane() < width; first += CHUNK * WARP) {
    float sums[CHUNK] = {};
    for (int begin = 0; begin < batch; begin += WARP) {
      int other = begin + lane();
      float held = 0.0f;
      if (other < batch && other != row) {
        held = gradients[other < row ? pair(other, row, batch) : pair(row, other, batch)];
      }
      int count = batch - begin < WARP ? batch - begin : WARP;
#pragma unroll 4
      for (int i = 0; i < count; i++) {
        float h = shuffle(held, i);
        const float* u = of + static_cast<long long>(begin + i) * width;
#pragma unroll
        for (int n = 0; n < CHUNK; n++) {
          int k = first + n * WARP;
          sums[n] += h * (k < width ? u[k] : 0.0f);
        }
      }
    }
#pragma unroll
    for (int n = 0; n < CHUNK; n++) {
      int k = first + n * WARP;
      if (k < width) {
        to[k] = sums[n];
        along += static_cast<double>(sums[n]) * own[k];
      }
    }
  }
  float projected = static_cast<float>(warp_sum(along));
  float length = norm[time * batch + row];
  double sum = 0.0;
  for (int k = lane(); k < width; k += WARP) {
    float dc = (own[k] * projected - to[k]) / length;
    to[k] = dc;
    sum += dc;
  }
  float mean = static_cast<float>(warp_sum(sum) / width);
  for (int k = lane(); k < width; k += WARP) {
    to[k] -= mean;
  }
}
