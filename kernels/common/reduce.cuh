// Sums over a warp and over a block, always in the same order: two runs give the same bits.
#pragma once
#include "platform.cuh"

// The sum over the 32 lanes, in every lane: a butterfly, the same tree whatever the data.
DEVICE float warp_sum(float value) {
  for (int mask = WARP / 2; mask > 0; mask /= 2) {
    value += shuffle_xor(value, mask);
  }
  return value;
}

// The sum over the block, in every thread. partial: one float a warp, in shared memory; it may be
// used again after the next barrier.
DEVICE float block_sum(float value, float* partial) {
  value = warp_sum(value);
  block_barrier();  // partial may still be read from an earlier sum
  if (lane() == 0) {
    partial[warp()] = value;
  }
  block_barrier();
  return warp_sum(lane() < warps() ? partial[lane()] : 0.0f);
}
