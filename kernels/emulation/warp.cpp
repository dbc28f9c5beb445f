// What the lanes of a warp do together. Fragments lie in registers as the instructions have them:
// PTX ISA, "Matrix Fragments for mma.m16n8k16" and "ldmatrix".
#include <stdint.h>

#include "block.h"
#include "shared.h"
#include "words.h"

namespace emulation {
namespace {

struct Shuffle {
  unsigned long long value;
  unsigned long long result;
  int lane;
};

void hold_shuffle(void* const* deposits) {
  for (int i = 0; i < LANES; i++) {
    Shuffle* mine = static_cast<Shuffle*>(deposits[i]);
    mine->result = static_cast<Shuffle*>(deposits[mine->lane & (LANES - 1)])->value;
  }
}

struct Vote {
  bool value;
  unsigned result;
};

void hold_vote(void* const* deposits) {
  unsigned result = 0;
  for (int i = 0; i < LANES; i++) {
    result |= static_cast<unsigned>(static_cast<Vote*>(deposits[i])->value) << i;
  }
  for (int i = 0; i < LANES; i++) {
    static_cast<Vote*>(deposits[i])->result = result;
  }
}

void hold_barrier(void* const*) {}

float low(unsigned pair) {
  unsigned bits = pair << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float high(unsigned pair) {
  unsigned bits = pair & 0xffff0000u;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

struct Product {
  float* c;
  const unsigned* a;
  const unsigned* b;
};

// Lane 4 g + t holds of A (16 x 16) rows g and g + 8 at columns 2t, 2t + 1 and 8 more, of B (16 x 8)
// column g at the same rows, of C (16 x 8) rows g and g + 8 at columns 2t and 2t + 1.
void hold_product(void* const* deposits) {
  float a[16][16];
  float b[16][8];
  float c[16][8];
  for (int lane = 0; lane < LANES; lane++) {
    const Product& part = *static_cast<Product*>(deposits[lane]);
    int g = lane / 4;
    int t = lane % 4 * 2;
    for (int i = 0; i < 4; i++) {
      int row = g + i % 2 * 8;
      int column = t + i / 2 * 8;
      a[row][column] = low(part.a[i]);
      a[row][column + 1] = high(part.a[i]);
      c[g + i / 2 * 8][t + i % 2] = part.c[i];
    }
    for (int i = 0; i < 2; i++) {
      b[t + i * 8][g] = low(part.b[i]);
      b[t + i * 8 + 1][g] = high(part.b[i]);
    }
  }
  for (int row = 0; row < 16; row++) {
    float sum[8];
    memcpy(sum, c[row], sizeof sum);
    for (int k = 0; k < 16; k++) {
      for (int column = 0; column < 8; column++) {
        sum[column] += a[row][k] * b[k][column];
      }
    }
    memcpy(c[row], sum, sizeof sum);
  }
  for (int lane = 0; lane < LANES; lane++) {
    const Product& part = *static_cast<Product*>(deposits[lane]);
    for (int i = 0; i < 4; i++) {
      part.c[i] = c[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
    }
  }
}

struct Load {
  unsigned* r;
  const void* row;
};

// Lanes 8i to 8i + 7 bring the rows of matrix i, 8 x 8 elements of 16 bits; lane 4 g + t gets of
// each matrix row g at columns 2t and 2t + 1 or, transposed, column g at rows 2t and 2t + 1.
void load(void* const* deposits, bool transposed) {
  uint16_t matrix[LANES][8];
  for (int i = 0; i < LANES; i++) {
    memcpy(matrix[i], static_cast<Load*>(deposits[i])->row, sizeof matrix[i]);
  }
  for (int lane = 0; lane < LANES; lane++) {
    int g = lane / 4;
    int t = lane % 4 * 2;
    for (int i = 0; i < 4; i++) {
      const uint16_t(*rows)[8] = matrix + 8 * i;
      unsigned first = transposed ? rows[t][g] : rows[g][t];
      unsigned second = transposed ? rows[t + 1][g] : rows[g][t + 1];
      static_cast<Load*>(deposits[lane])->r[i] = first | second << 16;
    }
  }
}

void hold_load(void* const* deposits) { load(deposits, false); }
void hold_transposed_load(void* const* deposits) { load(deposits, true); }

const Meeting SHUFFLE{"shuffle", hold_shuffle};
const Meeting VOTE{"any or all", hold_vote};
const Meeting BARRIER{"warp_barrier", hold_barrier};
const Meeting PRODUCT{"mma_bf16_16x8x16", hold_product};
const Meeting LOAD{"load_matrix_x4", hold_load};
const Meeting TRANSPOSED_LOAD{"load_matrix_x4_transposed", hold_transposed_load};

}  // namespace

void wait_for_warp() { meet(BARRIER, nullptr); }

unsigned long long shuffled(unsigned long long value, int lane) {
  Shuffle mine{value, 0, lane};
  meet(SHUFFLE, &mine);
  return mine.result;
}

unsigned votes(bool vote) {
  Vote mine{vote, 0};
  meet(VOTE, &mine);
  return mine.result;
}

void multiply_bf16_16x8x16(float* c, const unsigned* a, const unsigned* b) {
  Product mine{c, a, b};
  meet(PRODUCT, &mine);
}

void load_matrices(unsigned* r, const void* row, bool transposed) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0 || !is_shared(row, 16)) {
    fail("load_matrix_x4 of thread %u: not 16 aligned bytes of shared memory", threadIdx.x);
  }
  Load mine{r, row};
  meet(transposed ? TRANSPOSED_LOAD : LOAD, &mine);
}

}  // namespace emulation
