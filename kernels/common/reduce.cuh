// Sums and maxima over a warp and over a block, always in the same order: two runs give the same bits.
#pragma once
#include "platform.cuh"

// The sum over the 32 lanes, in every lane: a butterfly, the same tree whatever the data.
template <typename T>
DEVICE T warp_sum(T value) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value += shuffle_xor(value, mask);
  }
  return value;
}

// The sum over the block, in every thread. partial: one T a warp, in shared memory; it may be used
// again after the next barrier.
template <typename T>
DEVICE T block_sum(T value, T* partial) {
  value = warp_sum(value);
  block_barrier();  // partial may still be read from an earlier sum
  if (lane() == 0) {
    partial[warp()] = value;
  }
  block_barrier();
  return warp_sum(lane() < warps() ? partial[lane()] : T(0));
}

// Several sums over the block at once, in every thread. partial: N floats a warp, in shared memory; it
// may be used again after the next barrier.
template <int N>
DEVICE void block_sums(float (&values)[N], float* partial) {
  for (int n = 0; n < N; n++) {
    values[n] = warp_sum(values[n]);
  }
  block_barrier();  // partial may still be read from an earlier sum
  if (lane() == 0) {
    for (int n = 0; n < N; n++) {
      partial[n * warps() + warp()] = values[n];
    }
  }
  block_barrier();
  for (int n = 0; n < N; n++) {
    values[n] = warp_sum(lane() < warps() ? partial[n * warps() + lane()] : 0.0f);
  }
}

// The largest over the 32 lanes, in every lane.
DEVICE float warp_max(float value) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value = fmaxf(value, shuffle_xor(value, mask));
  }
  return value;
}

// The largest over the block, in every thread; partial as in block_sum.
DEVICE float block_max(float value, float* partial) {
  value = warp_max(value);
  block_barrier();
  if (lane() == 0) {
    partial[warp()] = value;
  }
  block_barrier();
  return warp_max(partial[lane() < warps() ? lane() : 0]);
}
