package io.attune.device.cuda.smoke;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.attune.device.cuda.CudaDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A stream in the device's context, and memory that is freed with the session. */
final class Session implements AutoCloseable {
  /** Repetitions of a timing before and while its clock runs. */
  private static final int WARM_UPS = 5;

  private static final int REPETITIONS = 21;

  /** Queues the work of repetition i. */
  interface Work {
    void queue(int i);
  }

  final CudaDriver driver;
  final CudaDriver.Stream stream;
  private final List<Long> allocations = new ArrayList<>();

  Session(CudaDriver driver, int device) {
    this.driver = driver;
    driver.retainPrimaryContext(device);
    stream = driver.createStream();
  }

  long allocate(long bytes) {
    long address = driver.allocate(bytes);
    allocations.add(address);
    return address;
  }

  /** Waits for the stream and frees all that was allocated. */
  void freeAll() {
    driver.synchronize(stream);
    allocations.forEach(driver::free);
    allocations.clear();
  }

  long upload(float[] values) {
    long address = allocate(4L * values.length);
    try (Arena arena = Arena.ofConfined()) {
      driver.copyToDevice(address, arena.allocateFrom(JAVA_FLOAT, values));
    }
    return address;
  }

  long upload(short[] values) {
    long address = allocate(2L * values.length);
    try (Arena arena = Arena.ofConfined()) {
      driver.copyToDevice(address, arena.allocateFrom(JAVA_SHORT, values));
    }
    return address;
  }

  /** Device memory full of the block's bytes, over and over; random values, not zeros. */
  long allocateFilled(long bytes, MemorySegment block) {
    long address = allocate(bytes);
    for (long at = 0; at < bytes; at += block.byteSize()) {
      long part = Math.min(block.byteSize(), bytes - at);
      driver.copyToDevice(address + at, block.asSlice(0, part));
    }
    return address;
  }

  float[] download(long address, int count) {
    driver.synchronize(stream);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_FLOAT, count);
      driver.copyToHost(values, address);
      return values.toArray(JAVA_FLOAT);
    }
  }

  /** The median time of the work in milliseconds, by events. */
  double medianMilliseconds(Work work) {
    for (int i = 0; i < WARM_UPS; i++) {
      work.queue(i);
    }
    CudaDriver.Event[] events = new CudaDriver.Event[REPETITIONS + 1];
    Arrays.setAll(events, i -> driver.createEvent());
    driver.record(events[0], stream);
    for (int i = 0; i < REPETITIONS; i++) {
      work.queue(WARM_UPS + i);
      driver.record(events[i + 1], stream);
    }
    double[] times = new double[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
      times[i] = driver.elapsedMilliseconds(events[i], events[i + 1]);
    }
    for (CudaDriver.Event event : events) {
      driver.destroyEvent(event);
    }
    Arrays.sort(times);
    return times[REPETITIONS / 2];
  }

  @Override
  public void close() {
    freeAll();
    driver.destroyStream(stream);
  }
}
