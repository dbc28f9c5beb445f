// CUDA's words on the host: what common/platform.cuh includes in place of CUDA's own.
#pragma once
#include <math.h>

#include "words.h"

#ifdef ATTUNE_NAMES_ONLY
// The build preprocesses each file once to read the names of its kernels off these marks.
#define KERNEL attune_kernel
#define BLOCK_OF(threads) attune_block_of(threads)
#else
#define KERNEL static __attribute__((used, noinline)) void
#define BLOCK_OF(threads)
#endif
#define DEVICE static inline __attribute__((always_inline, unused))

#define SHARED(type, name, count)                                                            \
  static ::emulation::SharedArray name##_array{#name, sizeof(type) * (count), alignof(type), \
                                               nullptr, 0};                                  \
  type(&name)[count] = *static_cast<type(*)[count]>(::emulation::place(name##_array))
#define SHARED_DYNAMIC(type, name) type* name = static_cast<type*>(::emulation::dynamic_shared())

DEVICE void block_barrier() { emulation::wait_for_block(); }
DEVICE void warp_barrier() { emulation::wait_for_warp(); }

template <typename T>
DEVICE T shuffle(T value, int from) {
  return emulation::shuffled_value(value, from);
}

template <typename T>
DEVICE T shuffle_xor(T value, int mask) {
  return emulation::shuffled_value(value, static_cast<int>(threadIdx.x % WARP) ^ mask);
}

DEVICE bool warp_any(bool condition) { return emulation::votes(condition) != 0; }
DEVICE bool warp_all(bool condition) { return emulation::votes(condition) == 0xffffffffu; }

DEVICE unsigned float_bits(float value) {
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

DEVICE float bits_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Built with -ffp-contract=off.
DEVICE float multiply_rounded(float a, float b) { return a * b; }
DEVICE float add_rounded(float a, float b) { return a + b; }

DEVICE unsigned multiply_high(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<unsigned long long>(a) * b) >> 32);
}

DEVICE float rsqrtf(float value) { return 1.0f / sqrtf(value); }

DEVICE int min(int a, int b) { return b < a ? b : a; }
DEVICE int max(int a, int b) { return a < b ? b : a; }
DEVICE long long min(long long a, long long b) { return b < a ? b : a; }
DEVICE long long max(long long a, long long b) { return a < b ? b : a; }

DEVICE void mma_bf16_16x8x16(float c[4], const unsigned a[4], const unsigned b[2]) {
  emulation::multiply_bf16_16x8x16(c, a, b);
}

DEVICE void load_matrix_x4(unsigned r[4], const Bf16* row) {
  emulation::load_matrices(r, row, false);
}

DEVICE void load_matrix_x4_transposed(unsigned r[4], const Bf16* row) {
  emulation::load_matrices(r, row, true);
}

DEVICE void copy_async16(void* shared, const void* global) {
  emulation::begin_copy16(shared, global);
}

DEVICE void copy_async16_or_zeros(void* shared, const void* global, bool wanted) {
  alignas(16) static const unsigned char zeros[16] = {};
  emulation::begin_copy16(shared, wanted ? global : zeros);
}

DEVICE void copy_async_commit() { emulation::commit_copies(); }

template <int pending>
DEVICE void copy_async_wait() {
  emulation::wait_for_copies(pending);
}
