// Sixteen bytes at once, for work on single elements: four floats or eight bf16, unpacked to floats
// only where they are used, so that many can be under way in few registers.
#pragma once
#include "platform.cuh"

template <typename T>
struct alignas(16) Packet {
  static constexpr int COUNT = 16 / sizeof(T);
  unsigned word[4];
};

// Whether rows of T that start here and lie `stride` elements apart can be read in packets.
template <typename T>
DEVICE bool has_packets(const T* start, long long stride, int rows) {
  return is_aligned16(start) && (rows == 1 || stride % Packet<T>::COUNT == 0);
}

template <typename T>
DEVICE Packet<T> load_packet(const T* row, long long i) {
  return reinterpret_cast<const Packet<T>*>(row)[i];
}

template <typename T>
DEVICE void store_packet(T* row, long long i, Packet<T> packet) {
  reinterpret_cast<Packet<T>*>(row)[i] = packet;
}

// f of each element.
template <typename F>
DEVICE Packet<float> map_packet(Packet<float> p, F f) {
  for (int n = 0; n < 4; n++) {
    p.word[n] = float_bits(f(bits_float(p.word[n])));
  }
  return p;
}

template <typename F>
DEVICE Packet<Bf16> map_packet(Packet<Bf16> p, F f) {
  for (int n = 0; n < 4; n++) {
    p.word[n] = pack_bf16(f(bits_float(p.word[n] << 16)), f(bits_float(p.word[n] & 0xffff0000u)));
  }
  return p;
}

// f of each element of p and its partner in q.
template <typename F>
DEVICE Packet<float> map_packets(Packet<float> p, Packet<float> q, F f) {
  for (int n = 0; n < 4; n++) {
    p.word[n] = float_bits(f(bits_float(p.word[n]), bits_float(q.word[n])));
  }
  return p;
}

template <typename F>
DEVICE Packet<Bf16> map_packets(Packet<Bf16> p, Packet<Bf16> q, F f) {
  for (int n = 0; n < 4; n++) {
    p.word[n] = pack_bf16(
        f(bits_float(p.word[n] << 16), bits_float(q.word[n] << 16)),
        f(bits_float(p.word[n] & 0xffff0000u), bits_float(q.word[n] & 0xffff0000u)));
  }
  return p;
}
