package io.attune.device.cuda;

import java.lang.foreign.MemorySegment;

/**
 * The part of CUDA's driver API that this project works through. Device memory is named by its
 * address. Contexts belong to threads: each thread that calls anything but {@link #version} and
 * {@link #attribute} first makes the context current. Failures are {@link CudaException}s; a kernel
 * that fails shows in a later call.
 */
public interface CudaDriver extends AutoCloseable {
  /** What the driver made and knows by an address. */
  interface Handle {
    long address();
  }

  /** A loaded fatbin. */
  interface Module extends Handle {}

  /** A kernel of a module. */
  interface Function extends Handle {}

  /** A queue of work, in order. */
  interface Stream extends Handle {}

  /** A point in a stream. */
  interface Event extends Handle {}

  /** Work that was captured from a stream, ready to be queued whole. */
  interface Graph extends Handle {}

  /** The newest CUDA version that the driver serves, 13000 for 13.0. */
  int version();

  int deviceCount();

  String deviceName(int device);

  long totalMemory(int device);

  int attribute(int device, DeviceAttribute attribute);

  /** Retains the device's primary context, which the other calls work in, and makes it current. */
  void retainPrimaryContext(int device);

  /** Makes the retained context current on this thread. */
  void makeCurrent();

  /** Bytes of device memory that are free now. */
  long freeMemory();

  /** Loads the kernels of kernels/FAMILY.cu for the current context's device. */
  Module loadFamily(String family);

  /** Loads a fatbin, a cubin or PTX for the current context's device. */
  Module loadModule(byte[] image);

  void unloadModule(Module module);

  /** The kernel with this name in the module. */
  Function function(Module module, String name);

  /**
   * One letter for each of the kernel's parameters, in their order: {@code p} a pointer, {@code l}
   * a long long, {@code i} an int, {@code f} a float, {@code d} a double; null where the driver
   * does not know them.
   */
  default String signature(Function function) {
    return null;
  }

  /** Lets a kernel be launched with up to this much dynamic shared memory: beyond 48 KiB only. */
  void allowSharedMemory(Function function, int bytes);

  /**
   * Queues a kernel, in blocks of one dimension; allocates nothing when a kernel comes with the
   * same argument block as before. The argument values are copied before this returns.
   *
   * @param gridX blocks, at most 2^31 - 1; {@code gridY} and {@code gridZ} at most 65,535 each
   * @param blockX threads a block
   * @param sharedBytes dynamic shared memory a block
   * @param arguments native {@code void*[]}, an address of each argument's value: {@link
   *     KernelArguments}
   */
  void launch(
      Function function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int sharedBytes,
      Stream stream,
      MemorySegment arguments);

  /** Uninitialised device memory; its address. */
  long allocate(long bytes);

  void free(long address);

  /** Counts what {@link #allocate} gave and {@link #free} took back. */
  AllocationMeter meter();

  /** Page-locked host memory, which asynchronous copies need; uninitialised, 256-byte aligned. */
  MemorySegment allocatePinned(long bytes);

  /** Takes a segment back that {@link #allocatePinned} gave, whole. */
  void freePinned(MemorySegment pinned);

  /**
   * Copies a native segment to the device; done when this returns. It waits for no stream: what is
   * queued and uses the target must have been waited for.
   */
  void copyToDevice(long target, MemorySegment source);

  /** Copies from the device to a native segment; waits for no stream, as above. */
  void copyToHost(MemorySegment target, long source);

  /** Queues a copy to the device; the source is pinned and stays unchanged until it is done. */
  void copyToDeviceAsync(long target, MemorySegment pinned, Stream stream);

  /** Queues a copy from the device; the target is pinned and may be read when it is done. */
  void copyToHostAsync(MemorySegment pinned, long source, Stream stream);

  /** Queues a copy within the device. */
  void copyOnDevice(long target, long source, long bytes, Stream stream);

  /** Queues filling device memory with one byte's value. */
  void fill(long target, byte value, long bytes, Stream stream);

  /** A stream that runs beside all others, the default one too. */
  Stream createStream();

  void destroyStream(Stream stream);

  /** Waits for everything queued in the stream. */
  void synchronize(Stream stream);

  Event createEvent();

  void destroyEvent(Event event);

  /** Queues the event. */
  void record(Event event, Stream stream);

  /** Makes the stream's later work wait for the event; the caller goes on. */
  void waitFor(Stream stream, Event event);

  /** Whether what was queued before the event is done; true for one never recorded. */
  boolean isDone(Event event);

  /** Waits for the event. */
  void synchronize(Event event);

  /** Waits for both events; the milliseconds between them. */
  float elapsedMilliseconds(Event start, Event end);

  /**
   * From now on what this thread queues in the stream is recorded, not run. Meanwhile nothing may
   * be allocated, freed or waited for by this thread.
   */
  void beginCapture(Stream stream);

  /** Ends the recording; what was queued since {@link #beginCapture}. */
  Graph endCapture(Stream stream);

  /** Queues all the graph's work. */
  void launch(Graph graph, Stream stream);

  void destroyGraph(Graph graph);

  /** Releases the primary context, where one was retained. */
  @Override
  void close();
}
