// Copies that a thread has begun and not yet waited for.
#pragma once
#include <vector>

namespace emulation {

struct Copies {
  struct Copy {
    void* target;
    const void* source;
    unsigned group;
  };

  std::vector<Copy> pending;  // oldest first
  unsigned groups = 0;        // that are complete
};

// Forgets all of them.
inline void drop(Copies& copies) {
  copies.pending.clear();
  copies.groups = 0;
}

}  // namespace emulation
