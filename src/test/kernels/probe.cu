// Kernels that try the emulation: what it must compute, and what it must refuse.
#include "common/platform.cuh"

constexpr int SIDE = 16;

KERNEL probe_arguments(double* out, long long number, int integer, float real, double precise) {
  out[0] = static_cast<double>(number);
  out[1] = integer;
  out[2] = real;
  out[3] = precise;
}

// One count for each block, one for each thread.
KERNEL probe_grid(int* blocks, int* threads) {
  long long index = (static_cast<long long>(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  if (threadIdx.x == 0) {
    blocks[index]++;
  }
  threads[index * blockDim.x + threadIdx.x] += lane() + WARP * warp() + 1000 * warps();
}

KERNEL BLOCK_OF((2 * WARP)) probe_bounded(int* out) { out[threadIdx.x] = 1; }

KERNEL probe_shuffles(float* across, int* rotated, double* first, unsigned* votes) {
  int i = threadIdx.x;
  across[i] = shuffle_xor(static_cast<float>(i), 5);
  rotated[i] = shuffle(100 * i, (lane() + 1) % WARP);
  first[i] = shuffle(0.5 * i, 3);
  unsigned any = warp_any(i == 40);
  unsigned all = warp_all(i < 40);
  votes[i] = any + 2 * all + 4 * warp_any(false) + 8 * warp_all(true);
}

KERNEL probe_half_barrier() {
  if (threadIdx.x < 64) {
    block_barrier();
  }
}

KERNEL probe_half_shuffle(float* out) {
  if (lane() < 16) {
    out[threadIdx.x] = shuffle(1.0f, 0);
  }
}

KERNEL probe_mixed_meeting(float* out) {
  if (lane() < 16) {
    out[threadIdx.x] = shuffle(1.0f, 0);
  } else {
    warp_barrier();
  }
}

KERNEL probe_shuffle_or_barrier(float* out) {
  if (lane() < 16) {
    out[threadIdx.x] = shuffle(1.0f, 0);
  } else {
    block_barrier();
  }
}

// The second block must not find what the first one left.
KERNEL probe_poison(float* out, int dynamic_floats) {
  SHARED(float, fixed, 64);
  SHARED_DYNAMIC(float, dynamic);
  for (int i = threadIdx.x; i < 64 + dynamic_floats; i += blockDim.x) {
    float* at = i < 64 ? &fixed[i] : &dynamic[i - 64];
    out[block() * (64 + dynamic_floats) + i] = *at;
    *at = 1.0f;
  }
}

KERNEL probe_large_arrays(float* out) {
  SHARED(float, first, 8192);
  SHARED(float, second, 8192);
  out[threadIdx.x] = first[0] + second[0];
}

DEVICE unsigned pair(const Bf16* low, const Bf16* high) {
  return low->bits | static_cast<unsigned>(high->bits) << 16;
}

// c (16, 8) += a (16, 16) b (16, 8), row-major, by one warp, with fragments gathered by hand.
KERNEL probe_product(const Bf16* a, const Bf16* b, float* c) {
  int g = lane() / 4;
  int t = lane() % 4 * 2;
  unsigned of_a[4];
  unsigned of_b[2];
  float of_c[4];
  for (int i = 0; i < 4; i++) {
    const Bf16* at = a + (g + i % 2 * 8) * SIDE + t + i / 2 * 8;
    of_a[i] = pair(at, at + 1);
    of_c[i] = c[(g + i / 2 * 8) * 8 + t + i % 2];
  }
  for (int i = 0; i < 2; i++) {
    const Bf16* at = b + (t + i * 8) * 8 + g;
    of_b[i] = pair(at, at + 8);
  }
  mma_bf16_16x8x16(of_c, of_a, of_b);
  for (int i = 0; i < 4; i++) {
    c[(g + i / 2 * 8) * 8 + t + i % 2] = of_c[i];
  }
}

// The same with fragments out of shared memory: a as it lies there, b transposed on the way. Of b's
// four matrices the last two are those of the first two again.
KERNEL probe_loads(const Bf16* a, const Bf16* b, float* c) {
  SHARED(Bf16, of_a, SIDE * SIDE);
  SHARED(Bf16, of_b, SIDE * 8);
  for (int i = 0; i < SIDE * SIDE / WARP; i++) {
    of_a[i * WARP + lane()] = a[i * WARP + lane()];
  }
  for (int i = 0; i < SIDE * 8 / WARP; i++) {
    of_b[i * WARP + lane()] = b[i * WARP + lane()];
  }
  warp_barrier();
  unsigned fragment_a[4];
  unsigned fragment_b[4];
  load_matrix_x4(fragment_a, of_a + lane() % 16 * SIDE + lane() / 16 * 8);
  load_matrix_x4_transposed(fragment_b, of_b + lane() % 16 * 8);
  float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  mma_bf16_16x8x16(sums, fragment_a, fragment_b);
  for (int i = 0; i < 4; i++) {
    c[(lane() / 4 + i / 2 * 8) * 8 + lane() % 4 * 2 + i % 2] = sums[i];
  }
}

// Two groups of copies; groups_left of them are not waited for.
KERNEL probe_copies(const float* from, float* to, int groups_left) {
  SHARED(float, stage, 8 * WARP);
  float* mine = stage + 8 * lane();
  copy_async16(mine, from + 8 * lane());
  copy_async_commit();
  copy_async16(mine + 4, from + 8 * lane() + 4);
  copy_async_commit();
  if (groups_left == 0) {
    copy_async_wait<0>();
  } else if (groups_left == 1) {
    copy_async_wait<1>();
  }
  for (int i = 0; i < 8; i++) {
    to[8 * lane() + i] = mine[i];
  }
}

KERNEL probe_misplaced_copy(const float* from, float* to) { copy_async16(to, from); }

// Each thread takes its neighbour's number: with a barrier between, or in a race.
KERNEL probe_neighbours(float* out, int barrier) {
  SHARED(float, numbers, 1024);
  numbers[threadIdx.x] = static_cast<float>(threadIdx.x);
  if (barrier) {
    block_barrier();
  }
  out[block() * blockDim.x + threadIdx.x] = numbers[(threadIdx.x + 1) % blockDim.x];
}

KERNEL probe_overrun(float* out, int at) { out[at] = 1.0f; }

KERNEL probe_shared_overrun(int at) {
  SHARED(float, array, 8);
  float* first = array;
  first[at] = 1.0f;
}

KERNEL probe_stack_overrun(float* out, int at) {
  float array[8] = {};
  float* first = array;
  block_barrier();
  first[at] = 1.0f;
  *out = array[0] + array[7];
}

// Reads 16 bytes at an element's address.
KERNEL probe_wide_read(const float* from, int at, float* out) {
  Float4 four = *reinterpret_cast<const Float4*>(from + at);
  *out = four.x + four.w;
}

KERNEL probe_index(int at) {
  SHARED(float, array, 8);
  array[at] = 1.0f;
}

KERNEL probe_arithmetic(int a, int b, int divides, int* out) { *out = divides ? a / b : a << b; }

// y = a x
KERNEL probe_scale(float a, const float* x, float* y, int count) {
  int i = static_cast<int>(block() * blockDim.x + threadIdx.x);
  if (i < count) {
    y[i] = a * x[i];
  }
}
