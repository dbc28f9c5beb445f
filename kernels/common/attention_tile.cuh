// What the general attention kernels share (attention.cu, attention_backward.cu): where a block's
// head lies, tiles of it as floats in shared memory, and the two products of such tiles.
//
// A block of 256 threads is 16 x 16: thread (y, x) = (threadIdx.x / 16, threadIdx.x % 16) owns ROWS
// neighbouring rows, y ROWS to y ROWS + ROWS - 1, of the tile that the block keeps; a warp owns 2 ROWS
// of them, so that warps beyond the last row skip the arithmetic. Tiles hold LOOKED other tokens.
#pragma once
#include "vector.cuh"

constexpr int SIDE = 16;
constexpr int TILE_THREADS = SIDE * SIDE;
constexpr int LOOKED = 32;                 // tokens that pass by in one step
constexpr int LOOKED_STRIDE = LOOKED + 4;  // of a tile of probabilities; + 4 keeps rows 16-byte aligned
constexpr int MINE = LOOKED / SIDE;        // of them, those whose scores a thread computes

// Rows a thread owns where WIDTH columns of a head are kept: few enough for 99 KB of shared memory.
template <int WIDTH>
constexpr int ROWS = WIDTH <= 64 ? 4 : 2;

// Floats between rows of a tile of WIDTH columns: 16 lanes that read 16 bytes of neighbouring rows
// then touch all banks evenly.
template <int WIDTH>
constexpr int TILE_STRIDE = WIDTH + 4;

DEVICE int tile_y() { return threadIdx.x / SIDE; }
DEVICE int tile_x() { return threadIdx.x % SIDE; }

// What a block computes: `tile` of the tokens it keeps, `chunk` of WIDTH columns of the head, and the
// head. Heads larger than WIDTH take one block a chunk; each computes the same scores from all chunks.
struct Task {
  int tile, chunk, chunks, head;
  long long sequence;
};

template <int WIDTH>
DEVICE Task task_of_block(int tokens, int heads, int head_size) {
  int tiles = (tokens + SIDE * ROWS<WIDTH> - 1) / (SIDE * ROWS<WIDTH>);
  int chunks = (head_size + WIDTH - 1) / WIDTH;
  int rest = static_cast<int>(block());
  int tile = rest % tiles;
  rest /= tiles;
  int chunk = rest % chunks;
  rest /= chunks;
  return Task{tile, chunk, chunks, rest % heads, rest / heads};
}

// One head's tokens of one sequence: token i's element c is at[i stride + c], c < columns.
template <typename T>
struct Head {
  T* at;
  long long stride;
  int tokens, columns;
};

template <typename T>
DEVICE Head<T> head_of(T* at, long long stride, const Task& task, int tokens, int head_size) {
  return Head<T>{at + task.sequence * tokens * stride + task.head * head_size, stride, tokens,
                 head_size};
}

// tile[r][c] = token first + r, column chunk WIDTH + c; zeros beyond the tokens and the columns.
template <int WIDTH, typename T>
DEVICE void load_tile(float* tile, const Head<T>& from, int first, int rows, int chunk) {
  const T* start = from.at + chunk * WIDTH;
  int columns = from.columns - chunk * WIDTH;
  if (is_wide(start, from.stride) && columns % 4 == 0) {
#pragma unroll 2
    for (int i = threadIdx.x; i < rows * (WIDTH / 4); i += TILE_THREADS) {
      int r = i / (WIDTH / 4);
      int c = i % (WIDTH / 4) * 4;
      Float4 value = Float4{0.0f, 0.0f, 0.0f, 0.0f};
      if (first + r < from.tokens && c < columns) {
        value = load4(start + (first + r) * from.stride + c);
      }
      store4(tile + r * TILE_STRIDE<WIDTH> + c, value);
    }
  } else {
#pragma unroll 1
    for (int i = threadIdx.x; i < rows * WIDTH; i += TILE_THREADS) {
      int r = i / WIDTH;
      int c = i % WIDTH;
      bool inside = first + r < from.tokens && c < columns;
      tile[r * TILE_STRIDE<WIDTH> + c] =
          inside ? to_float(start[(first + r) * from.stride + c]) : 0.0f;
    }
  }
}

// s[i][j] += kept row (y ROWS + i) . looked row (x + 16 j), over the first `columns` of the chunk.
template <int WIDTH>
DEVICE void multiply_rows(
    float s[ROWS<WIDTH>][MINE], const float* kept, const float* looked, int columns) {
  const float* a = kept + tile_y() * ROWS<WIDTH> * TILE_STRIDE<WIDTH>;
  const float* b = looked + tile_x() * TILE_STRIDE<WIDTH>;
#pragma unroll 2
  for (int c = 0; c < columns; c += 4) {
    Float4 right[MINE];
#pragma unroll
    for (int j = 0; j < MINE; j++) {
      right[j] = load4(b + j * SIDE * TILE_STRIDE<WIDTH> + c);
    }
#pragma unroll
    for (int i = 0; i < ROWS<WIDTH>; i++) {
      Float4 left = load4(a + i * TILE_STRIDE<WIDTH> + c);
#pragma unroll
      for (int j = 0; j < MINE; j++) {
        s[i][j] += left.x * right[j].x;
        s[i][j] += left.y * right[j].y;
        s[i][j] += left.z * right[j].z;
        s[i][j] += left.w * right[j].w;
      }
    }
  }
}

// What a thread gathers of a kept tile [rows][WIDTH]: columns 4 x + 64 k to 4 x + 64 k + 3 of its rows.
template <int WIDTH>
struct Gathered {
  Float4 at[ROWS<WIDTH>][WIDTH / 64];
};

template <int WIDTH>
DEVICE void clear(Gathered<WIDTH>& sum) {
#pragma unroll
  for (int i = 0; i < ROWS<WIDTH>; i++) {
#pragma unroll
    for (int k = 0; k < WIDTH / 64; k++) {
      sum.at[i][k] = Float4{0.0f, 0.0f, 0.0f, 0.0f};
    }
  }
}

DEVICE void add_multiple(Float4& sum, float factor, const Float4& v) {
  sum.x += factor * v.x;
  sum.y += factor * v.y;
  sum.z += factor * v.z;
  sum.w += factor * v.w;
}

// sum += weights looked: weights [rows][LOOKED], looked [LOOKED][WIDTH].
template <int WIDTH>
DEVICE void gather(Gathered<WIDTH>& sum, const float* weights, const float* looked) {
  const float* w = weights + tile_y() * ROWS<WIDTH> * LOOKED_STRIDE;
  const float* b = looked + tile_x() * 4;
#pragma unroll 2
  for (int j = 0; j < LOOKED; j += 4) {
    Float4 weight[ROWS<WIDTH>];
#pragma unroll
    for (int i = 0; i < ROWS<WIDTH>; i++) {
      weight[i] = load4(w + i * LOOKED_STRIDE + j);
    }
#pragma unroll
    for (int k = 0; k < WIDTH / 64; k++) {
      Float4 row[4];
#pragma unroll
      for (int n = 0; n < 4; n++) {
        row[n] = load4(b + (j + n) * TILE_STRIDE<WIDTH> + 64 * k);
      }
#pragma unroll
      for (int i = 0; i < ROWS<WIDTH>; i++) {
        add_multiple(sum.at[i][k], weight[i].x, row[0]);
        add_multiple(sum.at[i][k], weight[i].y, row[1]);
        add_multiple(sum.at[i][k], weight[i].z, row[2]);
        add_multiple(sum.at[i][k], weight[i].w, row[3]);
      }
    }
  }
}

// Writes this thread's part of row i of the tile, token `token`, times `factor`.
template <int WIDTH, typename T>
DEVICE void store_row(
    const Head<T>& to, int token, int chunk, const Gathered<WIDTH>& sum, int i, float factor) {
  int columns = to.columns - chunk * WIDTH;
  T* row = to.at + token * to.stride + chunk * WIDTH;
  bool wide = is_wide(to.at + chunk * WIDTH, to.stride) && columns % 4 == 0;
#pragma unroll
  for (int k = 0; k < WIDTH / 64; k++) {
    int c = tile_x() * 4 + 64 * k;
    Float4 v = sum.at[i][k];
    v = Float4{v.x * factor, v.y * factor, v.z * factor, v.w * factor};
    if (wide && c < columns) {
      store4(row + c, v);
    } else {
      float values[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
      for (int n = 0; n < 4; n++) {
        if (c + n < columns) {
          row[c + n] = from_float<T>(values[n]);
        }
      }
    }
  }
}
