// From pixels and token ids to the first residual stream, and back: EmbeddingOps, but for the sums by
// index, which are in scatter.cu.
//
//   patches        columns[(b, i, j)][(c, y, x)] = pixels[b][c][i p + y][j p + x], and the same copy back;
//                  columns float32 or bf16
//   add_positions  x[b][0] = class + positions[0], x[b][t] += positions[t]
//   position_sums  dpositions[t] += sum over b of dx[b][t], dclass += sum over b of dx[b][0]
//   gather         y[r] = x[index[r]] (+ positions[r mod T]); x and y both float32 or both bf16
//
// pixels (B, C, H, W), columns (B H/p W/p, C p p), x and dx (B, T, D), positions (T, D), each with a row
// stride in elements; index (N, T) with a row stride. V neighbouring elements move at once: 4 or 2
// where all addresses allow it, else 1 (the host decides, by the argument `lanes`).
//
// Bytes that must move, and at 4.3 TB/s (training sizes):
//   patches        read 4 B C H W, write as many (2 as bf16): 64 images of 224: 77 MB, 18 us (58 MB, 14 us)
//   add_positions  read and write 4 B T D: 64 images of 257 tokens of 1024: 135 MB, 31 us
//   position_sums  read 4 B T D: 67 MB, 16 us
//   gather         read and write 4 N T D: 256 texts of 77 tokens of 768: 121 MB, 28 us
#include "common/rowsum.cuh"

// Loads that a thread has under way: of patches two by three.
constexpr int EMBEDDING_IN_FLIGHT = 4;
constexpr int PATCHES_IN_FLIGHT = 2;
constexpr int CHANNELS_IN_FLIGHT = 3;

// A block copies one row of patches of one image: W p pixels of each channel. A warp takes a patch at a
// time and writes (or reads) it whole, in order; which pixel a lane holds costs one division, used for
// all patches and channels.
template <typename T, int V, bool CUT>
DEVICE void copy_patches(
    float* pixels, long long pixels_stride, T* columns, long long columns_stride, int channels,
    int height, int across, int patch) {
  int down = height / patch;
  int area = patch * patch;
  long long image = block() / down;
  long long top = block() % down * patch;
  float* corner = pixels + (image * channels * height + top) * pixels_stride;
  T* rows = columns + block() * across * columns_stride;
  long long channel_step = height * pixels_stride;
  for (int within = lane() * V; within < area; within += WARP * V) {
    float* pixel = corner + within / patch * pixels_stride + within % patch;
    T* place = rows + within;
#pragma unroll 1
    for (int column = warp(); column < across; column += PATCHES_IN_FLIGHT * warps()) {
#pragma unroll 1
      for (int channel = 0; channel < channels; channel += CHANNELS_IN_FLIGHT) {
        Lanes<V> v[PATCHES_IN_FLIGHT][CHANNELS_IN_FLIGHT];
#pragma unroll
        for (int p = 0; p < PATCHES_IN_FLIGHT; p++) {
          int c = column + p * warps();
#pragma unroll
          for (int u = 0; u < CHANNELS_IN_FLIGHT; u++) {
            if (c < across && channel + u < channels) {
              v[p][u] = CUT ? load_lanes<V>(pixel + (channel + u) * channel_step + c * patch)
                            : load_lanes<V>(place + c * columns_stride + (channel + u) * area);
            }
          }
        }
#pragma unroll
        for (int p = 0; p < PATCHES_IN_FLIGHT; p++) {
          int c = column + p * warps();
#pragma unroll
          for (int u = 0; u < CHANNELS_IN_FLIGHT; u++) {
            if (c < across && channel + u < channels) {
              if (CUT) {
                store_lanes<V>(place + c * columns_stride + (channel + u) * area, v[p][u]);
              } else {
                store_lanes<V>(pixel + (channel + u) * channel_step + c * patch, v[p][u]);
              }
            }
          }
        }
      }
    }
  }
}

template <typename T, bool CUT>
DEVICE void copy_patches(
    float* pixels, long long pixels_stride, T* columns, long long columns_stride, int channels,
    int height, int across, int patch, int lanes) {
  if (lanes == 4) {
    copy_patches<T, 4, CUT>(
        pixels, pixels_stride, columns, columns_stride, channels, height, across, patch);
  } else if (lanes == 2) {
    copy_patches<T, 2, CUT>(
        pixels, pixels_stride, columns, columns_stride, channels, height, across, patch);
  } else {
    copy_patches<T, 1, CUT>(
        pixels, pixels_stride, columns, columns_stride, channels, height, across, patch);
  }
}

// Launch: grid B H/p, at most 256 threads.
KERNEL embedding_patches_f32(
    float* pixels, long long pixels_stride, float* columns, long long columns_stride, int channels,
    int height, int across, int patch, int lanes) {
  copy_patches<float, true>(
      pixels, pixels_stride, columns, columns_stride, channels, height, across, patch, lanes);
}

KERNEL embedding_patches_bf16(
    float* pixels, long long pixels_stride, Bf16* columns, long long columns_stride, int channels,
    int height, int across, int patch, int lanes) {
  copy_patches<Bf16, true>(
      pixels, pixels_stride, columns, columns_stride, channels, height, across, patch, lanes);
}

KERNEL embedding_patches_backward_f32(
    float* pixels, long long pixels_stride, float* columns, long long columns_stride, int channels,
    int height, int across, int patch, int lanes) {
  copy_patches<float, false>(
      pixels, pixels_stride, columns, columns_stride, channels, height, across, patch, lanes);
}

KERNEL embedding_patches_backward_bf16(
    float* pixels, long long pixels_stride, Bf16* columns, long long columns_stride, int channels,
    int height, int across, int patch, int lanes) {
  copy_patches<Bf16, false>(
      pixels, pixels_stride, columns, columns_stride, channels, height, across, patch, lanes);
}

// A lane keeps its columns of one position and adds them to this block's share of the batch.
template <int V>
DEVICE void add_position(
    const float* class_token, const float* positions, long long positions_stride, float* x,
    long long x_stride, int batch, int images_per_block, int tokens, int columns) {
  int column = (blockIdx.x * WARP + lane()) * V;
  if (column >= columns) {
    return;
  }
  int token = blockIdx.y;
  long long step = tokens * x_stride;
  float* start = x + token * x_stride + column;
  Lanes<V> position = load_lanes<V>(positions + token * positions_stride + column);
  if (token == 0) {
    add(position, load_lanes<V>(class_token + column));
  }
  int begin = blockIdx.z * images_per_block;
  int end = begin + images_per_block < batch ? begin + images_per_block : batch;
  for (int first = begin + warp(); first < end; first += EMBEDDING_IN_FLIGHT * warps()) {
    Lanes<V> v[EMBEDDING_IN_FLIGHT];
#pragma unroll
    for (int u = 0; u < EMBEDDING_IN_FLIGHT; u++) {
      int image = first + u * warps();
      v[u] = zeros<V>();
      if (image < end && token > 0) {
        v[u] = load_lanes<V>(start + image * step);
      }
    }
#pragma unroll
    for (int u = 0; u < EMBEDDING_IN_FLIGHT; u++) {
      int image = first + u * warps();
      if (image < end) {
        add(v[u], position);
        store_lanes<V>(start + image * step, v[u]);
      }
    }
  }
}

// Launch: grid (D / (32 lanes), T, B / images_per_block), rounded up; 256 threads.
KERNEL embedding_add_positions_f32(
    const float* class_token, const float* positions, long long positions_stride, float* x,
    long long x_stride, int batch, int images_per_block, int tokens, int columns, int lanes) {
  if (lanes == 4) {
    add_position<4>(class_token, positions, positions_stride, x, x_stride, batch, images_per_block,
                    tokens, columns);
  } else {
    add_position<1>(class_token, positions, positions_stride, x, x_stride, batch, images_per_block,
                    tokens, columns);
  }
}

template <int V>
DEVICE void position_sums(
    const float* dx, long long dx_stride, int batch, int tokens, float* dpositions,
    long long dpositions_stride, float* dclass_token, int columns) {
  SHARED(float, partial, ROWSUM_WARPS * ROWSUM_WIDTH<V>);
  int column = (blockIdx.x * WARP + lane()) * V;
  long long token = blockIdx.y;
  bool inside = column < columns;
  double sums[V];
  row_sums<V>(dx + token * dx_stride + column, tokens * dx_stride, batch, inside, partial, sums);
  if (warp() > 0 || !inside) {
    return;
  }
#pragma unroll
  for (int i = 0; i < V; i++) {
    if (dpositions != nullptr) {
      dpositions[token * dpositions_stride + column + i] += static_cast<float>(sums[i]);
    }
    if (dclass_token != nullptr && token == 0) {
      dclass_token[column + i] += static_cast<float>(sums[i]);
    }
  }
}

// Launch: grid (D / (32 lanes) rounded up, T; 1 where only the class token's gradient is wanted); 256
// threads. dpositions and dclass_token may be null.
KERNEL embedding_position_sums_f32(
    const float* dx, long long dx_stride, int batch, int tokens, float* dpositions,
    long long dpositions_stride, float* dclass_token, int columns, int lanes) {
  if (lanes == 4) {
    position_sums<4>(
        dx, dx_stride, batch, tokens, dpositions, dpositions_stride, dclass_token, columns);
  } else {
    position_sums<1>(
        dx, dx_stride, batch, tokens, dpositions, dpositions_stride, dclass_token, columns);
  }
}

// A warp copies a row, with its position's where there are positions.
template <int V, typename T>
DEVICE void gather_row(
    const T* x, long long x_stride, const int* index, long long index_stride, int per_row,
    const float* positions, long long positions_stride, T* y, long long y_stride, int rows,
    int columns) {
  long long row = block() * warps() + warp();
  if (row >= rows) {
    return;
  }
  const T* from = x + index[row / per_row * index_stride + row % per_row] * x_stride;
  const float* position =
      positions == nullptr ? nullptr : positions + row % per_row * positions_stride;
  T* to = y + row * y_stride;
  for (int first = lane() * V; first < columns; first += EMBEDDING_IN_FLIGHT * WARP * V) {
    Lanes<V> v[EMBEDDING_IN_FLIGHT];
    Lanes<V> shift[EMBEDDING_IN_FLIGHT];
#pragma unroll
    for (int u = 0; u < EMBEDDING_IN_FLIGHT; u++) {
      int column = first + u * WARP * V;
      if (column < columns) {
        v[u] = load_lanes<V>(from + column);
        if (position != nullptr) {
          shift[u] = load_lanes<V>(position + column);
        }
      }
    }
#pragma unroll
    for (int u = 0; u < EMBEDDING_IN_FLIGHT; u++) {
      int column = first + u * WARP * V;
      if (column < columns) {
        if (position != nullptr) {
          add(v[u], shift[u]);
        }
        store_lanes<V>(to + column, v[u]);
      }
    }
  }
}

template <typename T>
DEVICE void gather_row(
    const T* x, long long x_stride, const int* index, long long index_stride, int per_row,
    const float* positions, long long positions_stride, T* y, long long y_stride, int rows,
    int columns, int lanes) {
  if (lanes == 4) {
    gather_row<4>(x, x_stride, index, index_stride, per_row, positions, positions_stride, y,
                  y_stride, rows, columns);
  } else {
    gather_row<1>(x, x_stride, index, index_stride, per_row, positions, positions_stride, y,
                  y_stride, rows, columns);
  }
}

// Launch: a warp a row; grid rows / warps rounded up. positions may be null.
KERNEL embedding_gather_f32(
    const float* x, long long x_stride, const int* index, long long index_stride, int per_row,
    const float* positions, long long positions_stride, float* y, long long y_stride, int rows,
    int columns, int lanes) {
  gather_row(x, x_stride, index, index_stride, per_row, positions, positions_stride, y, y_stride,
             rows, columns, lanes);
}

KERNEL embedding_gather_bf16(
    const Bf16* x, long long x_stride, const int* index, long long index_stride, int per_row,
    const float* positions, long long positions_stride, Bf16* y, long long y_stride, int rows,
    int columns, int lanes) {
  gather_row(x, x_stride, index, index_stride, per_row, positions, positions_stride, y, y_stride,
             rows, columns, lanes);
}
