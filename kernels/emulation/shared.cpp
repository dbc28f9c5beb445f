#include "shared.h"

#include <stdint.h>
#include <string.h>

#include "block.h"
#include "words.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define __asan_poison_memory_region(address, bytes)
#define __asan_unpoison_memory_region(address, bytes)
#endif

namespace emulation {
namespace {

// Bytes between arrays, which the sanitizer forbids and which tell of a write there otherwise.
constexpr size_t GAP = 32;

// Dynamic shared memory first, then the arrays in the order in which they are first met.
alignas(1024) unsigned char memory[2 * SHARED_BYTES];
size_t dynamic_size;
size_t used;          // of memory
size_t static_bytes;  // without gaps
unsigned long long launches = 0;

size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }

}  // namespace

void begin_shared(size_t dynamic_bytes) {
  launches++;
  dynamic_size = dynamic_bytes;
  static_bytes = 0;
  __asan_unpoison_memory_region(memory, sizeof memory);
  used = dynamic_bytes;
  __asan_poison_memory_region(memory + used, sizeof memory - used);
}

void poison_shared() {
#if defined(__SANITIZE_ADDRESS__)
  // Gaps stay forbidden: arrays are filled anew when the block first meets them.
  memset(memory, 0xff, dynamic_size);
  launches++;
  used = dynamic_size;
  static_bytes = 0;
  __asan_poison_memory_region(memory + used, sizeof memory - used);
#else
  memset(memory, 0xff, used);
#endif
}

bool is_shared(const void* address, size_t bytes) {
  uintptr_t from = reinterpret_cast<uintptr_t>(address);
  uintptr_t base = reinterpret_cast<uintptr_t>(memory);
  return from >= base && from + bytes <= base + used;
}

void* place(SharedArray& array) {
  if (array.launch != launches) {
    size_t at = round_up(used + (used > 0 ? GAP : 0), array.alignment < 16 ? 16 : array.alignment);
    static_bytes += array.bytes;
    if (static_bytes > STATIC_SHARED_BYTES || static_bytes + dynamic_size > SHARED_BYTES) {
      fail(
          "shared memory is full at %s: %zu bytes of arrays (of %zu) and %zu of dynamic memory (of %zu in all)",
          array.name, static_bytes, STATIC_SHARED_BYTES, dynamic_size, SHARED_BYTES);
    }
    used = at + array.bytes;
    __asan_unpoison_memory_region(memory + at, array.bytes);
    memset(memory + at, 0xff, array.bytes);
    array.address = memory + at;
    array.launch = launches;
  }
  return array.address;
}

void* dynamic_shared() { return memory; }

}  // namespace emulation
