// Tensors of random numbers, PhiloxOps: element i is draw first + i of the key, whatever the launch.
//
//   uniform   target[i] = low + scale u        u = (word >> 8) 2^-24; two roundings, as on the host
//   normal    target[i] = mean + deviation n   Box and Muller in f64, rounded to float once
//
// target (size), contiguous. A thread makes one block of four draws; the first and the last block may
// lie partly outside. Four neighbours are one 16-byte store where the draws begin with a block's first
// word and the address allows it.
//
// Launch: 256 threads; grid = blocks of four draws / 256, rounded up.
//
// Bytes that must move: 4 an element written. At 4.3 TB/s 34 M elements (the noise of 281 time points
// x 66 sensors x 1,854 images) take no less than 32 us. Arithmetic: ten rounds of 8 integer
// instructions make four words: 20 an element, 24 us at 28 T/s on an H100; a normal adds about 45 f64
// operations, 90 us where f64 runs at half of f32's rate, and about 2 ms on a card for games.
#include "common/philox.cuh"
#include "common/vector.cuh"

// Stores those of a block's four numbers that lie within the target.
DEVICE void store_draws(
    float* target, long long size, unsigned long long first, unsigned long long draw_block, Float4 v) {
  long long i = static_cast<long long>(4 * draw_block - first);
  if (i >= 0 && i + 4 <= size && is_aligned16(target + i)) {
    store4(target + i, v);
  } else {
    float values[4] = {v.x, v.y, v.z, v.w};
    for (int j = 0; j < 4; j++) {
      if (i + j >= 0 && i + j < size) {
        target[i + j] = values[j];
      }
    }
  }
}

KERNEL BLOCK_OF(256) philox_uniform_f32(
    float* target, long long size, long long first, int seed_low, int seed_high, int stream,
    int step, float low, float scale) {
  unsigned long long from = static_cast<unsigned long long>(first);
  unsigned long long thread = block() * blockDim.x + threadIdx.x;
  unsigned long long draw_block = (from >> 2) + thread;
  if (static_cast<long long>(4 * draw_block - from) < size) {
    PhiloxKey key = {unsigned(seed_low), unsigned(seed_high), unsigned(stream), unsigned(step)};
    PhiloxWords words = philox(key, draw_block);
    store_draws(
        target, size, from, draw_block,
        Float4{add_rounded(low, multiply_rounded(scale, philox_uniform(words.x))),
               add_rounded(low, multiply_rounded(scale, philox_uniform(words.y))),
               add_rounded(low, multiply_rounded(scale, philox_uniform(words.z))),
               add_rounded(low, multiply_rounded(scale, philox_uniform(words.w)))});
  }
}

KERNEL BLOCK_OF(256) philox_normal_f32(
    float* target, long long size, long long first, int seed_low, int seed_high, int stream,
    int step, float mean, float deviation) {
  unsigned long long from = static_cast<unsigned long long>(first);
  unsigned long long thread = block() * blockDim.x + threadIdx.x;
  unsigned long long draw_block = (from >> 2) + thread;
  if (static_cast<long long>(4 * draw_block - from) < size) {
    PhiloxKey key = {unsigned(seed_low), unsigned(seed_high), unsigned(stream), unsigned(step)};
    PhiloxWords words = philox(key, draw_block);
    double n[4];
    philox_normals(words.x, words.y, &n[0], &n[1]);
    philox_normals(words.z, words.w, &n[2], &n[3]);
    store_draws(
        target, size, from, draw_block,
        Float4{static_cast<float>(mean + deviation * n[0]),
               static_cast<float>(mean + deviation * n[1]),
               static_cast<float>(mean + deviation * n[2]),
               static_cast<float>(mean + deviation * n[3])});
  }
}
