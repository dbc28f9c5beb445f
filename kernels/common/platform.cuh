// What every kernel is written against, so that nvcc, NVRTC and a host compiler can build the very
// same file: no header of CUDA's is included, and each of CUDA's own words stands here only. The host's
// side of it, under which a kernel runs as fibres on the CPU, is emulation/platform.h.
#pragma once

constexpr int WARP = 32;

// Four floats in one 16-byte access; the address must be a multiple of 16.
struct alignas(16) Float4 {
  float x, y, z, w;
};

// The upper half of a float: 8 bits of exponent, 7 of fraction.
struct Bf16 {
  unsigned short bits;
};

#ifdef ATTUNE_EMULATION
#include "../emulation/platform.h"
#else

#define KERNEL extern "C" __global__ void
#define DEVICE static __device__ __forceinline__

// Placed before KERNEL's name, as in KERNEL BLOCK_OF(256) name(...): at most so many threads a block.
#define BLOCK_OF(threads) __launch_bounds__(threads)

// Memory of the block: SHARED(float, partial, 32) declares partial[32].
#define SHARED(type, name, count) __shared__ type name[count]

// Memory of the block whose size the launch gives, aligned to 128 bytes: type* name. Once a kernel.
#define SHARED_DYNAMIC(type, name)                              \
  extern __shared__ __align__(128) unsigned char shared_bytes[]; \
  type* name = reinterpret_cast<type*>(shared_bytes)

// Waits for all threads of the block.
DEVICE void block_barrier() { __syncthreads(); }

// Waits for all lanes of the warp, and shows each what the others wrote.
DEVICE void warp_barrier() { __syncwarp(); }

// The value of the lane whose number differs in the bits of mask; all 32 lanes take part.
template <typename T>
DEVICE T shuffle_xor(T value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

// The value of one lane, in every lane; all 32 take part.
template <typename T>
DEVICE T shuffle(T value, int from) {
  return __shfl_sync(0xffffffffu, value, from);
}

DEVICE bool warp_any(bool condition) { return __any_sync(0xffffffffu, condition); }
DEVICE bool warp_all(bool condition) { return __all_sync(0xffffffffu, condition); }

DEVICE unsigned float_bits(float value) { return __float_as_uint(value); }
DEVICE float bits_float(unsigned bits) { return __uint_as_float(bits); }

// Products that no compiler fuses with the sum that follows them.
DEVICE float multiply_rounded(float a, float b) { return __fmul_rn(a, b); }
DEVICE float add_rounded(float a, float b) { return __fadd_rn(a, b); }

// The upper 32 bits of a product.
DEVICE unsigned multiply_high(unsigned a, unsigned b) { return __umulhi(a, b); }

// c += a b on the tensor cores, by the whole warp: a 16 x 16, b 16 x 8, c 16 x 8. With g = lane / 4
// and t = lane % 4, a lane holds
//   a[0] = row g,     columns 2t, 2t+1      a[1] = row g + 8, columns 2t, 2t+1
//   a[2] = row g,     columns 2t+8, 2t+9    a[3] = row g + 8, columns 2t+8, 2t+9
//   b[0] = rows 2t, 2t+1 of column g        b[1] = rows 2t+8, 2t+9 of column g
//   c[0], c[1] = row g, columns 2t, 2t+1    c[2], c[3] = row g + 8, columns 2t, 2t+1
// two bf16 in each unsigned, the earlier one in the lower half.
DEVICE void mma_bf16_16x8x16(float c[4], const unsigned a[4], const unsigned b[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

DEVICE unsigned shared_address(const void* shared) {
  return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}

// Four 8 x 8 matrices of bf16 out of shared memory, by the whole warp: lane 8 i + r names the address
// (a multiple of 16) of row r of matrix i; r[i] then holds elements 2 (lane % 4) and the next of row
// lane / 4 of matrix i.
DEVICE void load_matrix_x4(unsigned r[4], const Bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

// The same matrices, each transposed: r[i] holds rows 2 (lane % 4) and the next of column lane / 4.
DEVICE void load_matrix_x4_transposed(unsigned r[4], const Bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

// Starts copying 16 aligned bytes from global to shared memory, past the registers.
DEVICE void copy_async16(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
               :
               : "r"(shared_address(shared)), "l"(global)
               : "memory");
}

// The same, or 16 bytes of zeros where nothing is wanted from that address, which is then not read.
DEVICE void copy_async16_or_zeros(void* shared, const void* global, bool wanted) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(shared_address(shared)), "l"(global), "r"(wanted ? 16 : 0)
               : "memory");
}

// Closes a group of this thread's copies.
DEVICE void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most `pending` of this thread's groups are under way; others' need a barrier too.
template <int pending>
DEVICE void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" : : "n"(pending) : "memory");
}

#endif

#define INFINITY_F32 (bits_float(0x7f800000u))

DEVICE int lane() { return threadIdx.x % WARP; }
DEVICE int warp() { return threadIdx.x / WARP; }
DEVICE int warps() { return blockDim.x / WARP; }
DEVICE long long block() { return blockIdx.x; }

// Blocks start in the order of their numbers. Counted from the last, they begin with what the kernel before
// wrote last and L2 still holds, and end with what a matrix product that follows reads first.
DEVICE long long block_from_last() { return gridDim.x - 1 - blockIdx.x; }

DEVICE bool is_aligned16(const void* address) {
  return (reinterpret_cast<unsigned long long>(address) & 15) == 0;
}

DEVICE float to_float(float value) { return value; }
DEVICE float to_float(Bf16 value) { return bits_float(static_cast<unsigned>(value.bits) << 16); }

template <typename T>
struct As {};

DEVICE float rounded(float value, As<float>) { return value; }

DEVICE Bf16 rounded(float value, As<Bf16>) {
  unsigned bits = float_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return Bf16{static_cast<unsigned short>((bits >> 16) | 0x40u)};
  }
  return Bf16{static_cast<unsigned short>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

// The nearest T, ties to even; a NaN stays one.
template <typename T>
DEVICE T from_float(float value) {
  return rounded(value, As<T>{});
}

// Two neighbours in one register, the earlier one in the lower half.
DEVICE unsigned pack_bf16(float low, float high) {
#ifdef ATTUNE_EMULATION
  return static_cast<unsigned>(from_float<Bf16>(low).bits) |
         (static_cast<unsigned>(from_float<Bf16>(high).bits) << 16);
#else
  unsigned pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#endif
}

// 2^x within 2 ulp, by the one instruction that the hardware has for it; subnormal results are zero.
DEVICE float approximate_exp2(float x) {
#ifdef ATTUNE_EMULATION
  return exp2f(x);
#else
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#endif
}

// 1/x within 1 ulp, likewise; of infinity it is zero.
DEVICE float approximate_reciprocal(float x) {
#ifdef ATTUNE_EMULATION
  return 1.0f / x;
#else
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#endif
}
