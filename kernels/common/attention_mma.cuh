// What the attention kernels on tensor cores share (attention_bf16.cu, attention_bf16_backward.cu):
// bf16 tiles in shared memory and the fragments of mma.m16n8k16 that are read from them.
//
// A head's WIDTH columns (a multiple of 16; columns beyond the head size are zeros) lie WIDTH + 8
// elements apart: an odd number of 16-byte pieces, so that the eight rows of each 8 x 8 matrix that
// ldmatrix reads fall into different banks.
//
// "Kept" rows are those of the block's own tokens, whose fragments stay in registers, 16 rows a
// fragment; "passing" tokens come by in tiles of 64, copied asynchronously while the tile before is
// worked on, and are taken 16 at a time: so 257 tokens cost 272, not 320.
#pragma once
#include "platform.cuh"

constexpr int PASSING = 64;  // tokens of a tile
constexpr int GROUP = 16;    // of them, those taken together: the depth of one product
constexpr float LOG2_E = 1.4426950408889634f;

template <int WIDTH>
constexpr int STRIDE = WIDTH + 8;

// Elements of one passing tile.
template <int WIDTH>
constexpr int TILE = PASSING * STRIDE<WIDTH>;

// One head's tokens of one sequence: columns of token i from row_of(head, i) on. Rows start at multiples
// of 16 bytes, less than 2^31 bytes apart, and columns is a multiple of 8.
template <typename T>
struct Head {
  T* at;
  int row_bytes, tokens, columns;
};

template <typename T>
DEVICE T* row_of(const Head<T>& head, int token) {
  return reinterpret_cast<T*>(
      reinterpret_cast<unsigned long long>(head.at) + static_cast<long long>(token) * head.row_bytes);
}

// What a block computes: rows `first` to `first + rows - 1` of the tokens it keeps, of one head.
struct Task {
  int first, head;
  long long sequence;
};

// Tiles of a head are neighbours in the grid, so that they share what passes by in L2. `last_first`:
// causal queries at the end see most keys, and long blocks should start first.
DEVICE Task task_of_block(int tokens, int rows, int heads, bool last_first) {
  int tiles = (tokens + rows - 1) / rows;
  int number = static_cast<int>(block());
  int tile = number % tiles;
  int rest = number / tiles;
  return Task{(last_first ? tiles - 1 - tile : tile) * rows, rest % heads, rest / heads};
}

template <typename T>
DEVICE Head<T> head_of(T* at, long long stride, const Task& task, int tokens, int head_size) {
  return Head<T>{at + task.sequence * tokens * stride + task.head * head_size,
                 static_cast<int>(stride * sizeof(T)), tokens, head_size};
}

// Starts copying tokens first to first + rows - 1 of each head into tile[r][c], tiles of two heads
// `distance` elements apart; zeros beyond tokens and columns. A warp takes as many rows at once as 32
// lanes have 16-byte pieces for. An address is one multiply-add: this shares its issue slots with the
// products.
template <int WIDTH, int COUNT>
DEVICE void begin_tiles(
    Bf16* tile, int distance, const Head<const Bf16> (&from)[COUNT], int first, int rows) {
  constexpr int PIECES = WIDTH / 8;
  constexpr int AT_ONCE = WARP / PIECES;
  int c = lane() % PIECES * 8;
  int end = c < from[0].columns ? from[0].tokens - first : 0;
  int r = warp() * AT_ONCE + lane() / PIECES;
  if (WARP % PIECES != 0 && lane() >= AT_ONCE * PIECES) {
    r = rows;
  }
  Bf16* to = tile + r * STRIDE<WIDTH> + c;
#pragma unroll 1
  for (; r < rows; r += warps() * AT_ONCE) {
#pragma unroll
    for (int n = 0; n < COUNT; n++) {
      copy_async16_or_zeros(to + n * distance, row_of(from[n], first + r) + c, r < end);
    }
    to += warps() * AT_ONCE * STRIDE<WIDTH>;
  }
}

// Tokens of the tile that starts at `first`, rounded up to whole groups.
DEVICE int rows_of_tile(int first, int end) {
  int rest = (end - first + GROUP - 1) / GROUP * GROUP;
  return rest < PASSING ? rest : PASSING;
}

// Where this lane points ldmatrix for 16 rows x 16 columns as the left factor, [row][depth]; also,
// transposed, as a right factor stored [depth][column].
template <int WIDTH>
DEVICE const Bf16* depth_by_row(const Bf16* tile) {
  return tile + lane() % 16 * STRIDE<WIDTH> + lane() / 16 * 8;
}

// And for 16 x 16 of a right factor stored [column][depth]: fragments of columns 0-7, then 8-15.
template <int WIDTH>
DEVICE const Bf16* column_by_row(const Bf16* tile) {
  return tile + (lane() % 8 + lane() / 16 * 8) * STRIDE<WIDTH> + lane() / 8 % 2 * 8;
}

// All fragments of 16 kept rows.
template <int WIDTH>
struct Kept {
  unsigned at[WIDTH / 16][4];
};

template <int WIDTH>
DEVICE void load_kept(Kept<WIDTH>& rows, const Bf16* tile) {
#pragma unroll
  for (int c = 0; c < WIDTH / 16; c++) {
    load_matrix_x4(rows.at[c], depth_by_row<WIDTH>(tile) + 16 * c);
  }
}

// Sums of 16 kept rows x 16 passing tokens, or x 16 columns: two fragments of 8.
struct Square {
  float at[2][4];
};

DEVICE void multiply(Square& sum, const unsigned left[4], const unsigned right[4]) {
  mma_bf16_16x8x16(sum.at[0], left, right);
  mma_bf16_16x8x16(sum.at[1], left, right + 2);
}

// The square, rounded, as the left factor of another product.
DEVICE void as_left(unsigned left[4], const Square& x) {
  left[0] = pack_bf16(x.at[0][0], x.at[0][1]);
  left[1] = pack_bf16(x.at[0][2], x.at[0][3]);
  left[2] = pack_bf16(x.at[1][0], x.at[1][1]);
  left[3] = pack_bf16(x.at[1][2], x.at[1][3]);
}

// s[m] += kept rows of fragment m . the 16 passing tokens whose rows start at `group`.
template <int WIDTH, int TILES>
DEVICE void multiply_rows(Square s[TILES], const Kept<WIDTH> kept[TILES], const Bf16* group) {
  const Bf16* from = column_by_row<WIDTH>(group);
#pragma unroll
  for (int c = 0; c < WIDTH / 16; c++) {
    unsigned right[4];
    load_matrix_x4(right, from + 16 * c);
#pragma unroll
    for (int m = 0; m < TILES; m++) {
      multiply(s[m], kept[m].at[c], right);
    }
  }
}

// The same where the 16 kept rows are read from shared memory: half again as many reads, 4 registers
// less for each 16 columns.
template <int WIDTH>
DEVICE void multiply_rows(Square& s, const Bf16* kept, const Bf16* group) {
  const Bf16* left_from = depth_by_row<WIDTH>(kept);
  const Bf16* from = column_by_row<WIDTH>(group);
#pragma unroll
  for (int c = 0; c < WIDTH / 16; c++) {
    unsigned left[4];
    unsigned right[4];
    load_matrix_x4(left, left_from + 16 * c);
    load_matrix_x4(right, from + 16 * c);
    multiply(s, left, right);
  }
}

// What 16 kept rows gather: [16][WIDTH] in float.
template <int WIDTH>
struct Gathered {
  Square at[WIDTH / 16];
};

// sum[m] += weights of fragment m [16][16 tokens] . the 16 passing tokens [16][WIDTH] at `group`.
template <int WIDTH, int TILES>
DEVICE void gather(
    Gathered<WIDTH> sum[TILES], const unsigned weights[TILES][4], const Bf16* group) {
  const Bf16* from = depth_by_row<WIDTH>(group);
#pragma unroll
  for (int c = 0; c < WIDTH / 16; c++) {
    unsigned right[4];
    load_matrix_x4_transposed(right, from + 16 * c);
#pragma unroll
    for (int m = 0; m < TILES; m++) {
      multiply(sum[m].at[c], weights[m], right);
    }
  }
}

// Writes 16 gathered rows, times a factor for rows lane / 4 and lane / 4 + 8, as tokens first to
// first + 15: through the warp's own 16 rows of shared memory, so that 16 bytes go out at a time.
template <int WIDTH>
DEVICE void store_rows(
    const Head<Bf16>& to, int first, const Gathered<WIDTH>& sum, float factor, float factor8,
    Bf16* own) {
  int row = lane() / 4;
  int column = lane() % 4 * 2;
#pragma unroll
  for (int c = 0; c < WIDTH / 8; c++) {
    const float* four = sum.at[c / 2].at[c % 2];
    Bf16* at = own + row * STRIDE<WIDTH> + 8 * c + column;
    *reinterpret_cast<unsigned*>(at) = pack_bf16(four[0] * factor, four[1] * factor);
    *reinterpret_cast<unsigned*>(at + 8 * STRIDE<WIDTH>) =
        pack_bf16(four[2] * factor8, four[3] * factor8);
  }
  warp_barrier();
  constexpr int PIECES = WIDTH / 8;
  for (int i = lane(); i < 16 * PIECES; i += WARP) {
    int r = i / PIECES;
    int c = i % PIECES * 8;
    if (first + r < to.tokens && c < to.columns) {
      *reinterpret_cast<Float4*>(row_of(to, first + r) + c) =
          *reinterpret_cast<const Float4*>(own + r * STRIDE<WIDTH> + c);
    }
  }
  warp_barrier();
}
