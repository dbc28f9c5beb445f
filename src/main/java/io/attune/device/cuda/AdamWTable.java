package io.attune.device.cuda;

import io.attune.device.op.AdamWSlot;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What kernels/adamw.cu must know of an array of slots, in device memory: first its struct Slot for
 * each, then its struct Chunk for every run of {@link #CHUNK} elements.
 */
final class AdamWTable implements AutoCloseable {
  /** Elements that one block of threads updates, as in the kernel. */
  static final int CHUNK = 4096;

  private static final int SLOT_BYTES = 48;
  private static final int CHUNK_BYTES = 8;

  private final CudaContext context;
  private final AdamWSlot[] slots;
  private final int chunks;
  private long address;

  /** Checks the slots and copies their table to the device. */
  AdamWTable(CudaContext context, AdamWSlot[] slots) {
    this.context = context;
    this.slots = slots.clone();
    int total = 0;
    for (AdamWSlot slot : slots) {
      check(slot);
      total = Math.addExact(total, chunks(slot));
    }
    chunks = total;
    if (chunks == 0) {
      address = 0;
      return;
    }
    if (context.isCapturing()) {
      throw new IllegalStateException(
          "the first AdamW step of these tensors cannot be captured: it prepares a table of them");
    }
    context.enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment table = arena.allocate(bytes(), Long.BYTES);
      fill(table);
      address = context.driver().allocate(table.byteSize());
      context.driver().copyToDevice(address, table);
    }
  }

  private static void check(AdamWSlot slot) {
    check(slot.parameter(), slot, DType.F32);
    check(slot.gradient(), slot, DType.F32);
    check(slot.firstMoment(), slot, DType.F32);
    check(slot.secondMoment(), slot, DType.F32);
    if (slot.compute() != null) {
      check(slot.compute(), slot, DType.BF16);
    }
  }

  private static void check(Tensor tensor, AdamWSlot slot, DType dtype) {
    Shapes.same(tensor, slot.parameter());
    Shapes.contiguous(tensor);
    if (tensor.dtype() != dtype) {
      throw new IllegalArgumentException(tensor + " is not " + dtype);
    }
  }

  private static int chunks(AdamWSlot slot) {
    return Math.toIntExact(Math.ceilDiv(slot.parameter().size(), CHUNK));
  }

  private long bytes() {
    return (long) slots.length * SLOT_BYTES + (long) chunks * CHUNK_BYTES;
  }

  private void fill(MemorySegment table) {
    long next = (long) slots.length * SLOT_BYTES;
    for (int s = 0; s < slots.length; s++) {
      AdamWSlot slot = slots[s];
      long at = (long) s * SLOT_BYTES;
      set(table, at, CudaBuffer.address(slot.parameter(), context));
      set(table, at + 8, CudaBuffer.address(slot.gradient(), context));
      set(table, at + 16, CudaBuffer.address(slot.firstMoment(), context));
      set(table, at + 24, CudaBuffer.address(slot.secondMoment(), context));
      set(table, at + 32, slot.compute() == null ? 0 : CudaBuffer.address(slot.compute(), context));
      set(table, at + 40, slot.parameter().size());
      for (int chunk = 0; chunk < chunks(slot); chunk++) {
        table.set(ValueLayout.JAVA_INT, next, s);
        table.set(ValueLayout.JAVA_INT, next + 4, chunk);
        next += CHUNK_BYTES;
      }
    }
  }

  private static void set(MemorySegment table, long at, long value) {
    table.set(ValueLayout.JAVA_LONG, at, value);
  }

  /**
   * Whether the array still holds the slots that this table was made of.
   *
   * @throws IllegalArgumentException if a tensor of theirs was closed
   */
  boolean isOf(AdamWSlot[] given) {
    if (given.length != slots.length) {
      return false;
    }
    for (int i = 0; i < given.length; i++) {
      AdamWSlot slot = given[i];
      if (slot != slots[i]) {
        return false;
      }
      CudaBuffer.address(slot.parameter());
      CudaBuffer.address(slot.gradient());
      CudaBuffer.address(slot.firstMoment());
      CudaBuffer.address(slot.secondMoment());
      if (slot.compute() != null) {
        CudaBuffer.address(slot.compute());
      }
    }
    return true;
  }

  /** Whether a tensor of it was closed. */
  boolean isStale() {
    for (AdamWSlot slot : slots) {
      boolean open =
          CudaBuffer.isOpen(slot.parameter())
              && CudaBuffer.isOpen(slot.gradient())
              && CudaBuffer.isOpen(slot.firstMoment())
              && CudaBuffer.isOpen(slot.secondMoment())
              && (slot.compute() == null || CudaBuffer.isOpen(slot.compute()));
      if (!open) {
        return true;
      }
    }
    return false;
  }

  /** Number of chunks, a block each. */
  int chunks() {
    return chunks;
  }

  long slotsAddress() {
    return address;
  }

  long chunksAddress() {
    return address + (long) slots.length * SLOT_BYTES;
  }

  /** Frees the table once the steps queued with it are done. */
  @Override
  public void close() {
    if (address != 0) {
      context.enter();
      context.driver().synchronize(context.stream());
      context.free(address);
      address = 0;
    }
  }
}
