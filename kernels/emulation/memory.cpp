#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <map>

#include "block.h"

namespace emulation {
namespace {

constexpr size_t ALIGNMENT = 256;

// On both sides of an allocation: what is read there is NaN, what is written there is noticed.
constexpr size_t MARGIN = 256;
constexpr unsigned char POISON = 0xff;

void give_back(uintptr_t address) {
#if !defined(__SANITIZE_ADDRESS__)
  address -= MARGIN;
#endif
  free(reinterpret_cast<void*>(address));
}

// Address to bytes; what is left is freed when the library is unloaded.
struct Allocations : std::map<uintptr_t, size_t> {
  ~Allocations() {
    for (const auto& allocation : *this) {
      give_back(allocation.first);
    }
  }
};

Allocations allocations;
size_t total = 0;

// The allocation that holds the address, or ends there.
std::map<uintptr_t, size_t>::const_iterator find(const void* address) {
  uintptr_t wanted = reinterpret_cast<uintptr_t>(address);
  auto after = allocations.upper_bound(wanted);
  if (after == allocations.begin()) {
    return allocations.end();
  }
  auto found = --after;
  return wanted <= found->first + found->second ? found : allocations.end();
}

#if defined(__SANITIZE_ADDRESS__)
// The sanitizer stops at the very access.
bool kept_to(uintptr_t, size_t, const char*) { return true; }
#else
bool is_poison(const unsigned char* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    if (from[i] != POISON) {
      return false;
    }
  }
  return true;
}

bool kept_to(uintptr_t address, size_t bytes, const char* what) {
  const unsigned char* from = reinterpret_cast<const unsigned char*>(address);
  bool before = is_poison(from - MARGIN, MARGIN);
  if (before && is_poison(from + bytes, MARGIN)) {
    return true;
  }
  set_error(
      "%s: something was written %s its allocation of %zu bytes", what,
      before ? "past the end of" : "before", bytes);
  return false;
}
#endif

}  // namespace

void* allocate(size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  // The sanitizer guards the bounds of memory that is as large as was asked for.
  void* start = nullptr;
  if (posix_memalign(&start, ALIGNMENT, bytes == 0 ? 1 : bytes) != 0) {
    return nullptr;
  }
  memset(start, POISON, bytes);
  unsigned char* address = static_cast<unsigned char*>(start);
#else
  void* start = nullptr;
  if (bytes > SIZE_MAX / 2 || posix_memalign(&start, ALIGNMENT, bytes + 2 * MARGIN) != 0) {
    return nullptr;
  }
  memset(start, POISON, bytes + 2 * MARGIN);
  unsigned char* address = static_cast<unsigned char*>(start) + MARGIN;
#endif
  allocations[reinterpret_cast<uintptr_t>(address)] = bytes;
  total += bytes;
  return address;
}

bool release(void* address) {
  auto found = allocations.find(reinterpret_cast<uintptr_t>(address));
  if (found == allocations.end()) {
    set_error("address %p was not allocated, or is free already", address);
    return false;
  }
  bool kept = kept_to(found->first, found->second, "freed memory");
  memset(address, POISON, found->second);
  total -= found->second;
  give_back(found->first);
  allocations.erase(found);
  return kept;
}

bool check_range(const void* address, size_t bytes, const char* what) {
  auto found = find(address);
  uintptr_t from = reinterpret_cast<uintptr_t>(address);
  if (found == allocations.end() || from + bytes > found->first + found->second) {
    set_error("%s: %zu bytes from %p on are not device memory", what, bytes, address);
    return false;
  }
  return true;
}

bool check_pointer(const void* address, const char* what) {
  auto found = find(address);
  if (found == allocations.end()) {
    set_error("%s: %p is not device memory", what, address);
    return false;
  }
  return kept_to(found->first, found->second, what);
}

size_t allocated_bytes() { return total; }

}  // namespace emulation
