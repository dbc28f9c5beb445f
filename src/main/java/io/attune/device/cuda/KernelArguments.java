package io.attune.device.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A kernel's argument block: values in native memory and the {@code void*[]} that points at them.
 * Made once and set again for each launch, so that launching allocates nothing; the driver copies
 * the values while it queues the launch.
 */
public final class KernelArguments {
  private static final int SLOT_BYTES = 8;

  private final MemorySegment values;
  private final MemorySegment pointers;
  private final int count;

  /** Room for count arguments, living as long as the arena. */
  public KernelArguments(Arena arena, int count) {
    this.count = count;
    values = arena.allocate((long) count * SLOT_BYTES, SLOT_BYTES);
    pointers = arena.allocate(ValueLayout.ADDRESS, count);
    for (int i = 0; i < count; i++) {
      pointers.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice((long) i * SLOT_BYTES));
    }
  }

  /** A pointer, or a {@code long long}. */
  public KernelArguments set(int index, long value) {
    values.set(ValueLayout.JAVA_LONG, offset(index), value);
    return this;
  }

  public KernelArguments set(int index, int value) {
    values.set(ValueLayout.JAVA_INT, offset(index), value);
    return this;
  }

  public KernelArguments set(int index, float value) {
    values.set(ValueLayout.JAVA_FLOAT, offset(index), value);
    return this;
  }

  public KernelArguments set(int index, double value) {
    values.set(ValueLayout.JAVA_DOUBLE, offset(index), value);
    return this;
  }

  /** What {@link CudaDriver#launch} takes; the same segment every time. */
  public MemorySegment segment() {
    return pointers;
  }

  private long offset(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("argument " + index + " of a kernel with " + count);
    }
    return (long) index * SLOT_BYTES;
  }
}
