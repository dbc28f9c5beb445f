package io.attune.device.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** Host memory that the emulated driver gave out as pinned; full of NaN at first. */
final class EmulatedPinned implements AutoCloseable {
  private static final int ALIGNMENT = 256;

  private final Map<Long, Arena> arenas = new HashMap<>();

  synchronized MemorySegment allocate(long bytes) {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(bytes, ALIGNMENT).fill((byte) -1);
    arenas.put(segment.address(), arena);
    return segment;
  }

  synchronized void free(MemorySegment segment) {
    Arena arena = arenas.remove(segment.address());
    if (arena == null) {
      throw new CudaException("emulated free of pinned memory", 1, segment + " is not pinned");
    }
    arena.close();
  }

  @Override
  public synchronized void close() {
    arenas.values().forEach(Arena::close);
    arenas.clear();
  }
}
