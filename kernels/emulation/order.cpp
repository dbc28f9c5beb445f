#include "order.h"

namespace emulation {
namespace {

constexpr int LANES = 32;

// Orders of lanes to choose from.
constexpr int ORDERS = 256;
unsigned char orders[ORDERS][LANES];

uint64_t seed = 0;
bool shuffled = false;
uint64_t random_state;

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

void shuffle_orders() {
  random_state = mix(seed + 1);
  for (auto& order : orders) {
    for (int i = 0; i < LANES; i++) {
      int j = static_cast<int>(random_bits() % static_cast<unsigned>(i + 1));
      order[i] = order[j];
      order[j] = static_cast<unsigned char>(i);
    }
  }
  shuffled = true;
}

uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
  return b == 0 ? a : greatest_common_divisor(b, a % b);
}

}  // namespace

void set_seed(unsigned long long value) {
  seed = value;
  shuffle_orders();
}

BlockOrder::BlockOrder(uint64_t blocks)
    : blocks(blocks), start(mix(seed + 2) % blocks), stride(mix(seed + 3) % blocks) {
  while (greatest_common_divisor(stride, blocks) != 1) {
    stride++;
  }
}

void begin_order(uint64_t block) {
  if (!shuffled) {
    shuffle_orders();
  }
  random_state = mix(seed) + block;
}

unsigned random_bits() {
  random_state += 0x9e3779b97f4a7c15u;
  return static_cast<unsigned>(mix(random_state) >> 32);
}

const unsigned char* order_of_lanes() { return orders[random_bits() % ORDERS]; }

}  // namespace emulation
