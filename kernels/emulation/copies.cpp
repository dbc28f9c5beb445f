// Asynchronous copies into shared memory happen as late as they may, when they are waited for:
// until then their target is poison, so that a missing wait shows.
#include "copies.h"

#include <stdint.h>

#include "block.h"
#include "shared.h"
#include "words.h"

namespace emulation {
namespace {

constexpr size_t COPY_BYTES = 16;

}  // namespace

void begin_copy16(void* shared, const void* global) {
  bool aligned = reinterpret_cast<uintptr_t>(shared) % COPY_BYTES == 0 &&
                 reinterpret_cast<uintptr_t>(global) % COPY_BYTES == 0;
  if (!aligned || !is_shared(shared, COPY_BYTES)) {
    fail(
        "copy_async16 of thread %u: %s", threadIdx.x,
        aligned ? "the target is not in shared memory" : "an address is no multiple of 16");
  }
  memset(shared, 0xff, COPY_BYTES);
  Copies& copies = copies_of_thread();
  copies.pending.push_back({shared, global, copies.groups + 1});
}

void commit_copies() { copies_of_thread().groups++; }

void wait_for_copies(int groups_left) {
  Copies& copies = copies_of_thread();
  size_t done = 0;
  while (done < copies.pending.size() &&
         copies.pending[done].group + static_cast<unsigned>(groups_left) <= copies.groups) {
    const Copies::Copy& copy = copies.pending[done++];
    memcpy(copy.target, copy.source, COPY_BYTES);
  }
  copies.pending.erase(copies.pending.begin(), copies.pending.begin() + static_cast<long>(done));
}

}  // namespace emulation
