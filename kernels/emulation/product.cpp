// Panels of op(a) and op(b) are packed as floats, then multiplied tile by tile. An element's sum runs
// over k in order, in pieces of DEPTH that are added up, whatever the shape of the rest.
#include "product.h"

#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <vector>

namespace emulation {
namespace {

constexpr int TILE = 8;
constexpr int DEPTH = 256;

float element(const Matrix& matrix, long long index) {
  if (!matrix.bf16) {
    return static_cast<const float*>(matrix.data)[index];
  }
  uint32_t bits = uint32_t{static_cast<const uint16_t*>(matrix.data)[index]} << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// The nearest number with 10 bits of fraction, ties away from zero.
float to_tf32(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7f800000u) != 0x7f800000u) {
    bits = (bits + 0x1000u) & 0xffffe000u;
  }
  memcpy(&value, &bits, sizeof value);
  return value;
}

uint16_t to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return static_cast<uint16_t>(bits >> 16 | 0x40u);
  }
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// TILE lines of op(matrix) from the given one on, at depths from..to: line fastest. Lines are the
// matrix's rows, or its columns if across.
void pack(
    const Matrix& matrix, bool across, int line, int lines, int from, int to, bool tf32,
    float* packed) {
  for (int depth = from; depth < to; depth++) {
    for (int i = 0; i < TILE; i++) {
      long long index = across ? depth + (line + i) * matrix.leading
                               : line + i + depth * matrix.leading;
      float value = line + i < lines ? element(matrix, index) : 0.0f;
      *packed++ = tf32 ? to_tf32(value) : value;
    }
  }
}

// sums (TILE columns of TILE rows) += a (depth, TILE)^T b (depth, TILE)
void multiply_tile(const float* a, const float* b, int depth, float* sums) {
  float total[TILE][TILE] = {};
  for (int i = 0; i < depth; i++) {
    for (int column = 0; column < TILE; column++) {
      for (int row = 0; row < TILE; row++) {
        total[column][row] += a[i * TILE + row] * b[i * TILE + column];
      }
    }
  }
  for (int i = 0; i < TILE * TILE; i++) {
    sums[i] += total[i / TILE][i % TILE];
  }
}

}  // namespace

void multiply(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const Matrix& a,
    const Matrix& b, float beta, const Matrix& c, const void* bias, bool tf32) {
  int row_tiles = (m + TILE - 1) / TILE;
  int column_tiles = (n + TILE - 1) / TILE;
  std::vector<float> sums(static_cast<size_t>(row_tiles) * column_tiles * TILE * TILE);
  std::vector<float> packed_a(static_cast<size_t>(row_tiles) * TILE * DEPTH);
  std::vector<float> packed_b(TILE * DEPTH);
  for (int from = 0; from < k; from += DEPTH) {
    int to = std::min(k, from + DEPTH);
    for (int i = 0; i < row_tiles; i++) {
      pack(
          a, transpose_a, i * TILE, m, from, to, tf32,
          &packed_a[static_cast<size_t>(i) * TILE * DEPTH]);
    }
    for (int j = 0; j < column_tiles; j++) {
      pack(b, !transpose_b, j * TILE, n, from, to, tf32, packed_b.data());
      for (int i = 0; i < row_tiles; i++) {
        multiply_tile(
            &packed_a[static_cast<size_t>(i) * TILE * DEPTH], packed_b.data(), to - from,
            &sums[(static_cast<size_t>(j) * row_tiles + i) * TILE * TILE]);
      }
    }
  }
  Matrix row_bias{const_cast<void*>(bias), c.bf16, 0};
  for (int column = 0; column < n; column++) {
    for (int row = 0; row < m; row++) {
      size_t tile = static_cast<size_t>(column / TILE) * row_tiles + row / TILE;
      float value = alpha * sums[tile * TILE * TILE + column % TILE * TILE + row % TILE];
      long long index = row + column * c.leading;
      if (beta != 0) {
        value += beta * element(c, index);
      }
      if (bias != nullptr) {
        value += element(row_bias, row);
      }
      if (c.bf16) {
        static_cast<uint16_t*>(c.data)[index] = to_bf16(value);
      } else {
        static_cast<float*>(c.data)[index] = value;
      }
    }
  }
}

}  // namespace emulation
