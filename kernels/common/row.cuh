// A row shared by a team of threads: one warp, while the row fits into the warp's registers, else the
// whole block. A thread holds up to HELD groups of four neighbours, so loads are 16 bytes (8 of bf16),
// neighbouring threads read neighbouring groups, and a row is read from memory once.
#pragma once
#include "reduce.cuh"
#include "vector.cuh"

constexpr int HELD = 8;

// The longest row that one warp takes; longer ones get a block of a warp for each such part.
constexpr int WARP_ROW = 4 * HELD * WARP;

constexpr int MOST_WARPS = 32;

struct WarpTeam {
  DEVICE int rank() { return lane(); }
  DEVICE int size() { return WARP; }

  template <int N>
  DEVICE void sums(float (&values)[N], float*) {
    for (int n = 0; n < N; n++) {
      values[n] = warp_sum(values[n]);
    }
  }

  DEVICE float greatest(float value, float*) { return warp_max(value); }
};

struct BlockTeam {
  DEVICE int rank() { return threadIdx.x; }
  DEVICE int size() { return blockDim.x; }

  // partial: N MOST_WARPS floats of shared memory.
  template <int N>
  DEVICE void sums(float (&values)[N], float* partial) {
    block_sums(values, partial);
  }

  DEVICE float greatest(float value, float* partial) { return block_max(value, partial); }
};

// The row of this team: WarpTeam's rows lie one to a warp, BlockTeam's one to a block.
DEVICE long long row_of(WarpTeam) { return block_from_last() * warps() + warp(); }
DEVICE long long row_of(BlockTeam) { return block_from_last(); }

// Whether the groups of a row of `columns` fit into the team's registers.
template <typename Team>
DEVICE bool is_held(int columns) {
  return columns % 4 == 0 && columns / 4 <= HELD * Team::size();
}

// Calls f(n, column) for each group of four that this thread holds; the loop is unrolled, so that what
// is indexed by n stays in registers.
template <typename Team, typename F>
DEVICE void for_held(int columns, F f) {
#pragma unroll
  for (int n = 0; n < HELD; n++) {
    int column = 4 * (Team::rank() + n * Team::size());
    if (column < columns) {
      f(n, column);
    }
  }
}

// Calls f(column) for each element of this thread's share of a row that is not held.
template <typename Team, typename F>
DEVICE void for_columns(int columns, F f) {
#pragma unroll 1
  for (int column = Team::rank(); column < columns; column += Team::size()) {
    f(column);
  }
}
