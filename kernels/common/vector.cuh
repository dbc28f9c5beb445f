// Four neighbouring elements at once, as floats whatever they are in memory: 16 bytes of float, 8 of
// bf16. The address must be a multiple of that.
#pragma once
#include "platform.cuh"

// Four bf16 in one 8-byte access.
struct alignas(8) Bf16x4 {
  unsigned low, high;
};

DEVICE Float4 load4(const float* from) { return *reinterpret_cast<const Float4*>(from); }

DEVICE Float4 load4(const Bf16* from) {
  Bf16x4 four = *reinterpret_cast<const Bf16x4*>(from);
  return Float4{bits_float(four.low << 16), bits_float(four.low & 0xffff0000u),
                bits_float(four.high << 16), bits_float(four.high & 0xffff0000u)};
}

DEVICE void store4(float* to, Float4 v) { *reinterpret_cast<Float4*>(to) = v; }

DEVICE void store4(Bf16* to, Float4 v) {
  *reinterpret_cast<Bf16x4*>(to) = Bf16x4{pack_bf16(v.x, v.y), pack_bf16(v.z, v.w)};
}

// Whether load4 and store4 may be used on rows that start here and lie `stride` elements apart.
template <typename T>
DEVICE bool is_wide(const T* start, long long stride) {
  return reinterpret_cast<unsigned long long>(start) % (4 * sizeof(T)) == 0 && stride % 4 == 0;
}

DEVICE float sum4(Float4 v) { return (v.x + v.y) + (v.z + v.w); }
