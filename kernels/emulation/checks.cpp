// What kernels are compiled to call (-fsanitize=alignment and others) where they do what a GPU faults
// on, or what is undefined and may differ there: an access at an address that is no multiple of its
// size, an index beyond a declared array, a shift by more bits than there are, a division by zero.
#include <stdint.h>

#include "block.h"
#include "words.h"

namespace {

// What the compiler's data about a place in the source begin with.
struct Place {
  const char* file;
  uint32_t line;
  uint32_t column;
};

struct Access {
  Place place;
  const void* type;
  unsigned char alignment;  // its logarithm
};

const char* name_of(const char* file) {
  const char* name = file;
  for (const char* at = file; *at != '\0'; at++) {
    if (*at == '/') {
      name = at + 1;
    }
  }
  return name;
}

[[noreturn]] void refuse(const Place& place, const char* what) {
  emulation::fail(
      "thread %u, at %s:%u: %s", threadIdx.x, name_of(place.file), place.line, what);
}

}  // namespace

extern "C" {

[[noreturn]] void __ubsan_handle_type_mismatch_v1_abort(Access* access, uintptr_t address) {
  emulation::fail(
      "thread %u, at %s:%u: address %p is no multiple of %d", threadIdx.x,
      name_of(access->place.file), access->place.line, reinterpret_cast<void*>(address),
      1 << access->alignment);
}

[[noreturn]] void __ubsan_handle_out_of_bounds_abort(Place* place, uintptr_t index) {
  emulation::fail(
      "thread %u, at %s:%u: index %lld lies outside its array", threadIdx.x,
      name_of(place->file), place->line, static_cast<long long>(index));
}

[[noreturn]] void __ubsan_handle_shift_out_of_bounds_abort(Place* place, uintptr_t, uintptr_t) {
  refuse(*place, "a shift by less than zero or by all bits");
}

[[noreturn]] void __ubsan_handle_divrem_overflow_abort(Place* place, uintptr_t, uintptr_t) {
  refuse(*place, "a division by zero, or an overflow of one");
}

}  // extern "C"
