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
DEVICE bool has_packets(const T* start, long long stride) {
  return is_aligned16(start) && stride % Packet<T>::COUNT == 0;
}

template <typename T>
DEVICE Packet<T> load_packet(const T* row, long long i) {
  return reinterpret_cast<const Packet<T>*>(row)[i];
}

template <typename T>
DEVICE void store_packet(T* row, long long i, Packet<T> packet) {
  reinterpret_cast<Packet<T>*>(row)[i] = packet;
}

DEVICE void unpack(Packet<float> packet, float (&values)[4]) {
  for (int n = 0; n < 4; n++) {
    values[n] = bits_float(packet.word[n]);
  }
}

DEVICE void unpack(Packet<Bf16> packet, float (&values)[8]) {
  for (int n = 0; n < 4; n++) {
    values[2 * n] = bits_float(packet.word[n] << 16);
    values[2 * n + 1] = bits_float(packet.word[n] & 0xffff0000u);
  }
}

DEVICE Packet<float> pack(const float (&v)[4]) {
  return Packet<float>{{float_bits(v[0]), float_bits(v[1]), float_bits(v[2]), float_bits(v[3])}};
}

DEVICE Packet<Bf16> pack(const float (&v)[8]) {
  return Packet<Bf16>{
      {pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7])}};
}
