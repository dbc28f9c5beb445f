// Sums of columns over rows that lie a constant step apart, by a block: each warp adds every
// warps()-th row in float32, and the first warp adds the warps' sums in float64, always in the same
// order. What stands behind gradients of biases, positions and embedding tables.
#pragma once
#include "lanes.cuh"

constexpr int ROWSUM_WARPS = 8;      // a block has at most so many
constexpr int ROWSUM_IN_FLIGHT = 8;  // loads a thread has under way

// The columns of one block: 32 lanes of V.
template <int V>
constexpr int ROWSUM_WIDTH = WARP * V;

// sums[i] = the sum over `count` rows of first[row step + i], in the first warp's lanes; all threads of
// the block take part. first: this lane's first column in row 0; inside: whether it has one.
// partial: ROWSUM_WARPS ROWSUM_WIDTH<V> floats, shared.
template <int V, typename T>
DEVICE void row_sums(
    const T* first, long long step, int count, bool inside, float* partial, double sums[V]) {
  Lanes<V> sum = zeros<V>();
  if (inside) {
    int row = warp();
    for (; row + (ROWSUM_IN_FLIGHT - 1) * warps() < count; row += ROWSUM_IN_FLIGHT * warps()) {
      Lanes<V> v[ROWSUM_IN_FLIGHT];
#pragma unroll
      for (int u = 0; u < ROWSUM_IN_FLIGHT; u++) {
        v[u] = load_lanes<V>(first + (row + u * warps()) * step);
      }
#pragma unroll
      for (int u = 0; u < ROWSUM_IN_FLIGHT; u++) {
        add(sum, v[u]);
      }
    }
    for (; row < count; row += warps()) {
      add(sum, load_lanes<V>(first + row * step));
    }
  }
#pragma unroll
  for (int i = 0; i < V; i++) {
    partial[(warp() * V + i) * WARP + lane()] = sum.at[i];
  }
  block_barrier();
#pragma unroll
  for (int i = 0; i < V; i++) {
    sums[i] = 0.0;
    if (warp() == 0) {
      for (int w = 0; w < warps(); w++) {
        sums[i] += partial[(w * V + i) * WARP + lane()];
      }
    }
  }
}
