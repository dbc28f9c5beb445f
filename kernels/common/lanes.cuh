// V neighbouring elements of a row as floats: one text serves rows that start at multiples of 16 bytes
// (V = 4), rows of an even number of elements (V = 2) and all others (V = 1). The address must be a
// multiple of V elements.
#pragma once
#include "vector.cuh"

template <int V>
struct Lanes {
  float at[V];
};

struct alignas(8) Float2 {
  float x, y;
};

template <int V>
DEVICE Lanes<V> zeros() {
  Lanes<V> result;
  for (int i = 0; i < V; i++) {
    result.at[i] = 0.0f;
  }
  return result;
}

template <int V>
DEVICE void add(Lanes<V>& to, const Lanes<V>& from) {
  for (int i = 0; i < V; i++) {
    to.at[i] += from.at[i];
  }
}

DEVICE Lanes<2> load2(const float* from) {
  Float2 v = *reinterpret_cast<const Float2*>(from);
  return Lanes<2>{{v.x, v.y}};
}

DEVICE Lanes<2> load2(const Bf16* from) {
  unsigned v = *reinterpret_cast<const unsigned*>(from);
  return Lanes<2>{{bits_float(v << 16), bits_float(v & 0xffff0000u)}};
}

DEVICE void store2(float* to, const Lanes<2>& v) {
  *reinterpret_cast<Float2*>(to) = Float2{v.at[0], v.at[1]};
}

DEVICE void store2(Bf16* to, const Lanes<2>& v) {
  *reinterpret_cast<unsigned*>(to) = pack_bf16(v.at[0], v.at[1]);
}

template <int V, typename T>
DEVICE Lanes<V> load_lanes(const T* from) {
  static_assert(V == 1 || V == 2 || V == 4, "one, two or four elements");
  if constexpr (V == 4) {
    Float4 v = load4(from);
    return Lanes<4>{{v.x, v.y, v.z, v.w}};
  } else if constexpr (V == 2) {
    return load2(from);
  } else {
    return Lanes<1>{{to_float(*from)}};
  }
}

template <int V, typename T>
DEVICE void store_lanes(T* to, const Lanes<V>& v) {
  if constexpr (V == 4) {
    store4(to, Float4{v.at[0], v.at[1], v.at[2], v.at[3]});
  } else if constexpr (V == 2) {
    store2(to, v);
  } else {
    *to = from_float<T>(v.at[0]);
  }
}
