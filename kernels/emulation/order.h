// The order in which blocks, warps and lanes run: the seed's, and nothing else's, so that a run can be
// repeated.
#pragma once
#include <stdint.h>

namespace emulation {

void set_seed(unsigned long long seed);

// Blocks in a shuffled order, without a table: i -> (stride i + start) mod blocks, where stride and
// blocks share no divisor.
class BlockOrder {
 public:
  explicit BlockOrder(uint64_t blocks);

  uint64_t at(uint64_t i) const { return (stride * i + start) % blocks; }

 private:
  uint64_t blocks, start, stride;
};

// Starts the choices of one block.
void begin_order(uint64_t block);

// The next choice.
unsigned random_bits();

// All 32 lanes, in some order.
const unsigned char* order_of_lanes();

}  // namespace emulation
