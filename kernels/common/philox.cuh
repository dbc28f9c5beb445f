// Random numbers that can be made in any order: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011), draw for draw those of
// io.attune.device.Philox. Draw i of a key is word i mod 4 of block i / 4.
#pragma once
#include "platform.cuh"

// The stream of random numbers that io.attune.device.PhiloxKey names.
struct PhiloxKey {
  unsigned seed_low, seed_high, stream, step;
};

// The four draws 4 block to 4 block + 3.
struct PhiloxWords {
  unsigned x, y, z, w;
};

// Draws 4 block to 4 block + 3: ten rounds of two 32 x 32 -> 64 bit products.
DEVICE PhiloxWords philox(PhiloxKey key, unsigned long long block) {
  unsigned c0 = static_cast<unsigned>(block);
  unsigned c1 = static_cast<unsigned>(block >> 32);
  unsigned c2 = key.stream;
  unsigned c3 = key.step;
  unsigned k0 = key.seed_low;
  unsigned k1 = key.seed_high;
  for (int round = 0; round < 10; round++) {
    unsigned high0 = multiply_high(0xD2511F53u, c0);
    unsigned low0 = 0xD2511F53u * c0;
    unsigned high1 = multiply_high(0xCD9E8D57u, c2);
    unsigned low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;  // Weyl sequences of the golden ratio and of sqrt(3) - 1
    k1 += 0xBB67AE85u;
  }
  return PhiloxWords{c0, c1, c2, c3};
}

// Uniform on [0, 1), a multiple of 2^-24.
DEVICE float philox_uniform(unsigned word) { return (word >> 8) * 0x1p-24f; }

// The two normal numbers of an even draw and the next, by Box and Muller: sqrt(-2 ln u1) times the
// cosine and the sine of 2 pi u2, with u1 = (word + 1) 2^-32 and u2 = word 2^-32. In f64, as the host
// does: near u1 = 1 and in the tails f32 would lose what a float can still tell apart. The angle is
// first reduced to a quarter turn around a multiple of it, exactly, in whole numbers; within an
// eighth of a turn to either side the Taylor series leave off less than 3e-9 of their value.
DEVICE void philox_normals(unsigned word1, unsigned word2, double* even, double* odd) {
  double radius = sqrt(-2.0 * log((static_cast<double>(word1) + 1.0) * 0x1p-32));
  unsigned quarter = (word2 + 0x20000000u) >> 30;
  int rest = static_cast<int>(word2 - (quarter << 30));  // -2^29 to 2^29 - 1
  double x = rest * (6.283185307179586 * 0x1p-32);
  double xx = x * x;
  double sine = x * (1.0 - xx * (1.0 / 6 - xx * (1.0 / 120 - xx * (1.0 / 5040 - xx * (1.0 / 362880)))));
  double cosine =
      1.0 -
      xx * (1.0 / 2 -
            xx * (1.0 / 24 - xx * (1.0 / 720 - xx * (1.0 / 40320 - xx * (1.0 / 3628800)))));
  // A quarter turn: (cos, sin) -> (-sin, cos).
  double c = quarter & 1u ? sine : cosine;
  double s = quarter & 1u ? cosine : sine;
  *even = radius * (quarter == 1u || quarter == 2u ? -c : c);
  *odd = radius * (quarter >= 2u ? -s : s);
}
