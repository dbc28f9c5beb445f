// The threads of one block as fibres, and how they wait for each other.
//
// Warps run one at a time, and the lanes of a warp one after another until each waits or ends: the
// extreme skew between threads that a missing barrier does not survive. The order of blocks, of
// warps and of lanes is shuffled by the seed, the last anew each time that the lanes have met.
#pragma once
#include <stddef.h>

#include "kernel.h"

namespace emulation {

constexpr int LANES = 32;
constexpr int MAX_THREADS = 1024;

// What the lanes of a warp do together. The last lane to come does it for all: deposits[i] is what
// lane i brought, and results are written there.
struct Meeting {
  const char* name;
  void (*hold)(void* const* deposits);
};

// Waits for the other 31 lanes. That not all of them come to the same meeting is an error.
void meet(const Meeting& meeting, void* deposit);

// Waits for all threads of the block. A thread that never comes is an error.
void wait_for_block();

// Gives up the launch with this message, of which the kernel and its block become the beginning;
// does not return.
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

struct Geometry {
  unsigned grid[3];
  unsigned threads;
  unsigned shared_bytes;  // dynamic
};

// Runs all blocks; returns whether none failed, else error() tells.
bool run(const Kernel& kernel, const Geometry& geometry, void** arguments);

// The failure of this thread's last call, in one line.
const char* error();
void set_error(const char* format, ...) __attribute__((format(printf, 1, 2)));

// The running thread's copies into shared memory that are on their way: see copies.cpp.
struct Copies;
Copies& copies_of_thread();

}  // namespace emulation
