// What platform.h builds CUDA's words of.
#pragma once
#include <stddef.h>
#include <string.h>

namespace emulation {

struct Index {
  unsigned x, y, z;
};

// An array in shared memory, known by its declaration; placed when a launch first meets it.
struct SharedArray {
  const char* name;
  size_t bytes;
  size_t alignment;
  void* address;
  unsigned long long launch;
};

void* place(SharedArray& array);
void* dynamic_shared();

void wait_for_block();
void wait_for_warp();
unsigned long long shuffled(unsigned long long value, int lane);
unsigned votes(bool vote);
void multiply_bf16_16x8x16(float* c, const unsigned* a, const unsigned* b);
void load_matrices(unsigned* r, const void* row, bool transposed);
void begin_copy16(void* shared, const void* global);
void commit_copies();
void wait_for_copies(int groups_left);

template <typename T>
inline T shuffled_value(T value, int lane) {
  static_assert(sizeof(T) <= sizeof(unsigned long long));
  unsigned long long bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = shuffled(bits, lane);
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace emulation

// Set at each switch to another thread.
extern __attribute__((visibility("hidden"))) emulation::Index threadIdx, blockIdx, blockDim, gridDim;
