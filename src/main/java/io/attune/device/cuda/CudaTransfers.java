package io.attune.device.cuda;

import io.attune.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies between the host's arrays and tensors. Both ways go through pinned memory and a region of
 * device memory, in parts. A write's copy runs in a stream of its own, beside what is being
 * computed; only the last step, from the region to the tensor, waits for it and queues behind the
 * computation. That step also finds the rows of a tensor with gaps and rounds to bf16.
 */
final class CudaTransfers implements AutoCloseable {
  private static final int SLOTS = 2;
  private static final int PART_ELEMENTS = 1 << 21;
  private static final int THREADS = 256;

  /** One part under way: pinned memory, device memory, and when each is free again. */
  private static final class Slot {
    MemorySegment pinned;
    final MemorySegment[] parts = new MemorySegment[8];
    int replaced;
    long region;
    CudaDriver.Event arrived;
    CudaDriver.Event used;

    /** The beginning of the pinned memory; those of the latest sizes are kept. */
    MemorySegment part(long elements) {
      long bytes = elements * Float.BYTES;
      for (MemorySegment known : parts) {
        if (known != null && known.byteSize() == bytes) {
          return known;
        }
      }
      MemorySegment made = pinned.asSlice(0, bytes);
      parts[replaced++ % parts.length] = made;
      return made;
    }
  }

  private final CudaContext context;
  private final CudaDriver driver;
  private final CudaDriver.Stream stream;
  private final Slot[] slots = new Slot[SLOTS];
  private final CudaKernel spread;
  private final CudaKernel spreadIntegers;
  private final CudaKernel spreadBf16;
  private final CudaKernel widen;
  private int turn;

  CudaTransfers(CudaContext context) {
    this.context = context;
    this.driver = context.driver();
    this.stream = driver.createStream();
    spread = context.kernel("elementwise", "elementwise_copy_f32_f32");
    spreadIntegers = context.kernel("elementwise", "elementwise_copy_i32_i32");
    spreadBf16 = context.kernel("elementwise", "elementwise_copy_f32_bf16");
    widen = context.kernel("elementwise", "elementwise_copy_bf16_f32");
  }

  /** Writes floats, row by row; the array may be changed when this returns. */
  void write(Tensor target, float[] source, int offset) {
    for (long done = 0; done < target.size(); ) {
      Slot slot = next();
      long part = part(target, done);
      MemorySegment.copy(
          source,
          Math.toIntExact(offset + done),
          slot.pinned,
          ValueLayout.JAVA_FLOAT,
          0,
          (int) part);
      CudaKernel kernel = CudaShapes.isBf16(target) ? spreadBf16 : spread;
      upload(slot, part, kernel, target, done);
      done += part;
    }
  }

  /** Writes integers, row by row, and keeps them on the host too. */
  void write(Tensor target, int[] source, int offset) {
    CudaBuffer.ints(target);
    CudaBuffer.address(target, context);
    context.refuseCapture("exchange data with the host");
    int[] mirror = CudaBuffer.mirror(target);
    int columns = target.columns();
    for (int row = 0; row < target.rows(); row++) {
      int at = Math.toIntExact(target.offset() + row * target.rowStride());
      System.arraycopy(source, offset + row * columns, mirror, at, columns);
    }
    for (long done = 0; done < target.size(); ) {
      Slot slot = next();
      long part = part(target, done);
      MemorySegment.copy(
          source, Math.toIntExact(offset + done), slot.pinned, ValueLayout.JAVA_INT, 0, (int) part);
      upload(slot, part, spreadIntegers, target, done);
      done += part;
    }
  }

  /** Reads F32 or BF16 out, row by row, after all that is queued. */
  void read(Tensor source, float[] target, int offset) {
    CudaKernel kernel = CudaShapes.isBf16(source) ? widen : spread;
    for (long done = 0; done < source.size(); ) {
      Slot slot = next();
      long part = part(source, done);
      download(slot, part, kernel, source, done);
      MemorySegment.copy(
          slot.pinned,
          ValueLayout.JAVA_FLOAT,
          0,
          target,
          Math.toIntExact(offset + done),
          (int) part);
      done += part;
    }
  }

  /** Reads I32 out, row by row, after all that is queued. */
  void read(Tensor source, int[] target, int offset) {
    CudaBuffer.ints(source);
    for (long done = 0; done < source.size(); ) {
      Slot slot = next();
      long part = part(source, done);
      download(slot, part, spreadIntegers, source, done);
      MemorySegment.copy(
          slot.pinned, ValueLayout.JAVA_INT, 0, target, Math.toIntExact(offset + done), (int) part);
      done += part;
    }
  }

  /** Bytes of device memory that copies are still going to take, once. */
  long bytesToCome() {
    long bytes = 0;
    for (Slot slot : slots) {
      bytes += slot == null ? (long) PART_ELEMENTS * Float.BYTES : 0;
    }
    return bytes;
  }

  private void upload(Slot slot, long part, CudaKernel kernel, Tensor target, long done) {
    long to = address(target, done); // refused before anything is set or queued
    driver.waitFor(stream, slot.used);
    driver.copyToDeviceAsync(slot.region, slot.part(part), stream);
    driver.record(slot.arrived, stream);
    driver.waitFor(context.stream(), slot.arrived);
    boolean flat = target.isContiguous();
    kernel.pointer(slot.region).number(flat ? 0 : target.columns());
    kernel.pointer(to).number(flat ? 0 : target.rowStride());
    extent(kernel, target, part);
    driver.record(slot.used, context.stream());
  }

  private void download(Slot slot, long part, CudaKernel kernel, Tensor source, long done) {
    boolean flat = source.isContiguous();
    kernel.pointer(address(source, done)).number(flat ? 0 : source.rowStride());
    kernel.pointer(slot.region).number(flat ? 0 : source.columns());
    extent(kernel, source, part);
    driver.copyToHostAsync(slot.part(part), slot.region, context.stream());
    driver.record(slot.used, context.stream());
    driver.record(slot.arrived, context.stream());
    driver.synchronize(slot.arrived);
  }

  /** The next slot, once its last copy has left the pinned memory. */
  private Slot next() {
    context.refuseCapture("exchange data with the host");
    context.enter();
    turn = (turn + 1) % SLOTS;
    if (slots[turn] == null) {
      Slot slot = new Slot();
      slot.pinned = driver.allocatePinned((long) PART_ELEMENTS * Float.BYTES);
      slot.region = driver.allocate((long) PART_ELEMENTS * Float.BYTES);
      slot.arrived = driver.createEvent();
      slot.used = driver.createEvent();
      driver.record(slot.arrived, stream);
      driver.record(slot.used, context.stream());
      slots[turn] = slot;
    }
    driver.synchronize(slots[turn].arrived);
    return slots[turn];
  }

  /** One long row where nothing has gaps, else whole rows. */
  private void extent(CudaKernel kernel, Tensor tensor, long part) {
    long columns = tensor.isContiguous() ? part : tensor.columns();
    long most = 16L * context.multiprocessors();
    int blocks = (int) Math.min(Math.ceilDiv(part, 4L * THREADS), most);
    kernel.number(part / columns).number(columns).launch(blocks, THREADS);
  }

  private static long part(Tensor tensor, long done) {
    long unit = tensor.isContiguous() ? 1 : tensor.columns();
    if (unit > PART_ELEMENTS) {
      throw new IllegalArgumentException(
          tensor + " has gaps and rows of more than " + PART_ELEMENTS + " elements");
    }
    return Math.min(tensor.size() - done, PART_ELEMENTS / unit * unit);
  }

  private long address(Tensor tensor, long done) {
    long element = tensor.isContiguous() ? done : done / tensor.columns() * tensor.rowStride();
    return CudaBuffer.address(tensor, context) + element * tensor.dtype().bytes();
  }

  @Override
  public void close() {
    context.enter();
    driver.synchronize(stream);
    for (Slot slot : slots) {
      if (slot != null) {
        driver.freePinned(slot.pinned);
        driver.free(slot.region);
        driver.destroyEvent(slot.arrived);
        driver.destroyEvent(slot.used);
      }
    }
    driver.destroyStream(stream);
  }
}
