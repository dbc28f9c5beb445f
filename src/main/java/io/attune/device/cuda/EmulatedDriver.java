package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.attune.device.cuda.EmulatedHandles.Family;
import io.attune.device.cuda.EmulatedHandles.Mark;
import io.attune.device.cuda.EmulatedHandles.Queue;
import io.attune.device.cuda.EmulatedHandles.Recording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@link CudaDriver} over the kernels built for the host. Work is done at once, in the thread that
 * queues it; what is captured is recorded with copies of its arguments. What CUDA refuses while a
 * stream is captured is refused here too.
 */
final class EmulatedDriver implements CudaDriver {
  /** How many bytes of memory the device has, if not 4 GiB. */
  static final String MEMORY = "attune.emulated.memory";

  private static final int SHARED_BYTES = 227 << 10;
  private static final int SHARED_BYTES_UNASKED = 48 << 10;
  private static final int PINNED_ALIGNMENT = 256;

  private final EmulatedLibrary library;
  private final long memoryBytes = Long.getLong(MEMORY, 4L << 30);
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, Arena> pinned = new HashMap<>();

  /** The recording that is being made, if any. */
  private Recording open;

  EmulatedDriver(EmulatedLibrary library) {
    this.library = library;
  }

  /**
   * @param seed chooses the order in which blocks, warps and lanes run
   * @throws CudaUnavailableException where this build holds no kernels for the host
   */
  static EmulatedDriver open(long seed) {
    return new EmulatedDriver(EmulatedLibrary.open(seed));
  }

  EmulatedLibrary library() {
    return library;
  }

  @Override
  public int version() {
    return 13000;
  }

  @Override
  public int deviceCount() {
    return 1;
  }

  @Override
  public String deviceName(int device) {
    return "CUDA kernels on the host";
  }

  @Override
  public long totalMemory(int device) {
    return memoryBytes;
  }

  @Override
  public int attribute(int device, DeviceAttribute attribute) {
    return switch (attribute) {
      case MAX_THREADS_PER_BLOCK -> 1024;
      // Few, so that kernels which size their grids by it have more work than blocks.
      case MULTIPROCESSOR_COUNT -> 4;
      case L2_CACHE_BYTES -> 50 << 20;
      case COMPUTE_CAPABILITY_MAJOR -> 9;
      case COMPUTE_CAPABILITY_MINOR -> 0;
      case MAX_SHARED_MEMORY_PER_BLOCK_OPTIN -> SHARED_BYTES;
    };
  }

  @Override
  public void retainPrimaryContext(int device) {
    if (device != 0) {
      throw new CudaException("emulated device " + device, 101, "there is only device 0");
    }
  }

  @Override
  public void makeCurrent() {
    // Contexts are those of real devices only.
  }

  @Override
  public long freeMemory() {
    return memoryBytes - library.allocatedBytes();
  }

  @Override
  public Module loadFamily(String family) {
    if (!library.hasFamily(family)) {
      throw new CudaException("emulated module " + family, 301, "no kernels/" + family + ".cu");
    }
    return new Family(numbers, family);
  }

  /** Not served: machine code does not run here. */
  @Override
  public Module loadModule(byte[] image) {
    throw new CudaException(
        "emulated module of " + image.length + " bytes", 209, "only whole families are served");
  }

  @Override
  public void unloadModule(Module module) {
    // The library stays loaded.
  }

  @Override
  public Function function(Module module, String name) {
    String family = ((Family) module).name;
    EmulatedLibrary.Kernel kernel = library.kernel(family, name);
    if (kernel == null) {
      throw new CudaException(
          "emulated kernel " + name, 500, "kernels/" + family + ".cu has none of this name");
    }
    return new EmulatedHandles.Function(numbers, kernel, SHARED_BYTES_UNASKED);
  }

  @Override
  public String signature(Function function) {
    return ((EmulatedHandles.Function) function).kernel.signature();
  }

  @Override
  public void allowSharedMemory(Function function, int bytes) {
    if (bytes > SHARED_BYTES) {
      throw new CudaException(
          "emulated shared memory of " + bytes + " bytes", 1, "there are " + SHARED_BYTES);
    }
    ((EmulatedHandles.Function) function).sharedLimit = Math.max(SHARED_BYTES_UNASKED, bytes);
  }

  @Override
  public void launch(
      Function function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int sharedBytes,
      Stream stream,
      MemorySegment arguments) {
    EmulatedHandles.Function known = (EmulatedHandles.Function) function;
    Recording recording = recording(stream);
    MemorySegment kept = recording == null ? arguments : copy(known, arguments, recording.memory);
    int limit = known.sharedLimit;
    queue(
        stream,
        () -> library.launch(known.kernel, gridX, gridY, gridZ, blockX, sharedBytes, limit, kept));
  }

  private static MemorySegment copy(
      EmulatedHandles.Function function, MemorySegment arguments, Arena arena) {
    int count = function.kernel.signature().length();
    KernelArguments copies = new KernelArguments(arena, count);
    MemorySegment pointers = arguments.reinterpret(count * ADDRESS.byteSize());
    for (int i = 0; i < count; i++) {
      copies.set(i, pointers.getAtIndex(ADDRESS, i).reinterpret(8).get(JAVA_LONG, 0));
    }
    return copies.segment();
  }

  @Override
  public long allocate(long bytes) {
    refuseWhileCapturing("allocation");
    if (bytes > freeMemory()) {
      throw new CudaException(
          "emulated allocation of " + bytes + " bytes",
          DriverStatus.OUT_OF_MEMORY,
          freeMemory() + " are free");
    }
    return library.allocate(bytes);
  }

  @Override
  public void free(long address) {
    refuseWhileCapturing("free");
    library.free(address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    if (bytes < 1 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pinned memory comes in 1 to 2^31 - 1 bytes, not " + bytes);
    }
    refuseWhileCapturing("allocation of pinned memory");
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(bytes, PINNED_ALIGNMENT).fill((byte) -1);
    synchronized (pinned) {
      pinned.put(segment.address(), arena);
    }
    return segment;
  }

  @Override
  public void freePinned(MemorySegment segment) {
    Arena arena;
    synchronized (pinned) {
      arena = pinned.remove(segment.address());
    }
    if (arena == null) {
      throw new CudaException("emulated free of pinned memory", 1, segment + " is not pinned");
    }
    arena.close();
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    refuseWhileCapturing("copy to the device that waits");
    library.copyIn(target, requireNative(source));
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    refuseWhileCapturing("copy to the host that waits");
    library.copyOut(requireNative(target), source);
  }

  @Override
  public void copyToDeviceAsync(long target, MemorySegment source, Stream stream) {
    requireNative(source);
    queue(stream, () -> library.copyIn(target, source));
  }

  @Override
  public void copyToHostAsync(MemorySegment target, long source, Stream stream) {
    requireNative(target);
    queue(stream, () -> library.copyOut(target, source));
  }

  @Override
  public void copyOnDevice(long target, long source, long bytes, Stream stream) {
    queue(stream, () -> library.copy(target, source, bytes));
  }

  @Override
  public void fill(long target, byte value, long bytes, Stream stream) {
    queue(stream, () -> library.fill(target, value, bytes));
  }

  /** What the stream's work goes into; null: it is done. */
  private Recording recording(Stream stream) {
    Recording recording = ((Queue) stream).recording;
    return recording == open ? recording : null;
  }

  /** Does the work, or records it while the stream is captured. */
  void queue(Stream stream, Runnable work) {
    Recording recording = recording(stream);
    if (recording == null) {
      work.run();
    } else {
      recording.work.add(work);
    }
  }

  @Override
  public Stream createStream() {
    return new Queue(numbers);
  }

  @Override
  public void destroyStream(Stream stream) {
    refuseCaptured(stream, "destroying a stream");
  }

  @Override
  public void synchronize(Stream stream) {
    refuseCaptured(stream, "waiting for a stream");
  }

  @Override
  public Event createEvent() {
    return new Mark(numbers);
  }

  @Override
  public void destroyEvent(Event event) {
    // Nothing is held.
  }

  @Override
  public void record(Event event, Stream stream) {
    Mark mark = (Mark) event;
    mark.recording = recording(stream);
    mark.nanoseconds = System.nanoTime();
  }

  @Override
  public void waitFor(Stream stream, Event event) {
    Recording recording = ((Mark) event).recording;
    if (recording != null && recording == open) {
      ((Queue) stream).recording = recording;
    } else if (recording(stream) != null) {
      throw new CudaException(
          "emulated wait for an event", 905, "a captured stream waits for what is not captured");
    }
  }

  @Override
  public boolean isDone(Event event) {
    refuseCaptured(event);
    return true;
  }

  @Override
  public void synchronize(Event event) {
    refuseCaptured(event);
  }

  @Override
  public float elapsedMilliseconds(Event start, Event end) {
    synchronize(start);
    synchronize(end);
    return (((Mark) end).nanoseconds - ((Mark) start).nanoseconds) / 1e6f;
  }

  @Override
  public void beginCapture(Stream stream) {
    refuseWhileCapturing("second capture");
    Queue queue = (Queue) stream;
    open = new Recording(numbers, queue);
    queue.recording = open;
  }

  @Override
  public Graph endCapture(Stream stream) {
    Queue queue = (Queue) stream;
    if (open == null || open.origin != queue) {
      throw new CudaException("emulated end of a capture", 901, "the stream is not captured");
    }
    Recording made = open;
    open = null;
    return made;
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    refuseCaptured(stream, "launching a graph");
    ((Recording) graph).work.forEach(Runnable::run);
  }

  @Override
  public void destroyGraph(Graph graph) {
    ((Recording) graph).memory.close();
  }

  private void refuseWhileCapturing(String what) {
    if (open != null) {
      throw new CudaException("emulated " + what, 900, "not while a stream is captured");
    }
  }

  private void refuseCaptured(Stream stream, String what) {
    if (recording(stream) != null) {
      throw new CudaException("emulated " + what, 900, "not while it is captured");
    }
  }

  private static void refuseCaptured(Event event) {
    if (((Mark) event).recording != null) {
      throw new CudaException("emulated wait for an event", 907, "it was recorded by a capture");
    }
  }

  private static MemorySegment requireNative(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("the driver copies native memory only, not " + segment);
    }
    return segment;
  }

  @Override
  public void close() {
    pinned.values().forEach(Arena::close);
    pinned.clear();
    library.close();
  }
}
