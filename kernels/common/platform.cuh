// What every kernel is written against, so that nvcc, NVRTC and a host compiler can build the very
// same file: no header of CUDA's is included, and each of CUDA's own words stands here only.
#pragma once

#define KERNEL extern "C" __global__ void
#define DEVICE static __device__ __forceinline__

// Memory of the block: SHARED(float, partial, 32) declares partial[32].
#define SHARED(type, name, count) __shared__ type name[count]

constexpr int WARP = 32;

// Four floats in one 16-byte access; the address must be a multiple of 16.
struct alignas(16) Float4 {
  float x, y, z, w;
};

DEVICE int lane() { return threadIdx.x % WARP; }
DEVICE int warp() { return threadIdx.x / WARP; }
DEVICE int warps() { return blockDim.x / WARP; }
DEVICE long long block() { return blockIdx.x; }

// Waits for all threads of the block.
DEVICE void block_barrier() { __syncthreads(); }

// The value of the lane whose number differs in the bits of mask; all 32 lanes take part.
DEVICE float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

DEVICE bool is_aligned16(const void* address) {
  return (reinterpret_cast<unsigned long long>(address) & 15) == 0;
}
