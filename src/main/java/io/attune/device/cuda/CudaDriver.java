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

  /** How a kernel is cut into blocks and threads; sharedBytes is dynamic shared memory. */
  record Launch(int gridX, int gridY, int gridZ, int blockX, int blockY, int sharedBytes) {
    /** A grid and blocks of one dimension, without dynamic shared memory. */
    public static Launch of(int blocks, int threads) {
      return new Launch(blocks, 1, 1, threads, 1, 0);
    }
  }

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

  /** Loads a fatbin, a cubin or PTX for the current context's device. */
  Module loadModule(byte[] image);

  void unloadModule(Module module);

  /** The kernel with this name in the module. */
  Function function(Module module, String name);

  /**
   * Queues a kernel.
   *
   * @param arguments native {@code void*[]}, an address of each argument's value: {@link
   *     KernelArguments}
   */
  void launch(Function function, Launch launch, Stream stream, MemorySegment arguments);

  /** Uninitialised device memory; its address. */
  long allocate(long bytes);

  void free(long address);

  /** Copies a native segment to the device; returns when it may be changed again. */
  void copyToDevice(long target, MemorySegment source);

  /** Copies from the device to a native segment, after what is queued in the default stream. */
  void copyToHost(MemorySegment target, long source);

  /** Queues a copy within the device. */
  void copyOnDevice(long target, long source, long bytes, Stream stream);

  /** Queues filling device memory with one byte's value. */
  void fill(long target, byte value, long bytes, Stream stream);

  Stream createStream();

  void destroyStream(Stream stream);

  /** Waits for everything queued in the stream. */
  void synchronize(Stream stream);

  Event createEvent();

  void destroyEvent(Event event);

  /** Queues the event. */
  void record(Event event, Stream stream);

  /** Waits for both events; the milliseconds between them. */
  float elapsedMilliseconds(Event start, Event end);

  /** Releases the primary context, where one was retained. */
  @Override
  void close();
}
