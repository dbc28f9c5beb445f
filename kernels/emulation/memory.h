// Device memory: host memory that knows its bounds.
#pragma once
#include <stddef.h>

namespace emulation {

// Memory full of 0xff, NaN in every format, at a multiple of 256; nullptr where there is none.
void* allocate(size_t bytes);

// Returns whether the address was allocated and nothing was written around it, else error() tells.
bool release(void* address);

// Whether all of it lies in one allocation, else error() tells, naming it as what.
bool check_range(const void* address, size_t bytes, const char* what);

// Whether the allocation that the address lies in, or ends at, exists and has been kept to.
bool check_pointer(const void* address, const char* what);

size_t allocated_bytes();

}  // namespace emulation
