// Shared memory of the running block.
#pragma once
#include <stddef.h>

namespace emulation {

// As much as a block can have on an H100, and how much of it without asking.
constexpr size_t SHARED_BYTES = 227 << 10;
constexpr size_t STATIC_SHARED_BYTES = 48 << 10;

// For a launch with this much dynamic shared memory.
void begin_shared(size_t dynamic_bytes);

// Before each block: every byte 0xff, which is NaN in each floating-point format.
void poison_shared();

bool is_shared(const void* address, size_t bytes);

}  // namespace emulation
