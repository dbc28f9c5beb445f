package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.attune.InputException;
import io.attune.device.cuda.EmulatedHandles.Family;
import io.attune.device.cuda.EmulatedHandles.Mark;
import io.attune.device.cuda.EmulatedHandles.Queue;
import io.attune.device.cuda.EmulatedHandles.Recording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@link CudaDriver} over the kernels built for the host. Work is done in a thread that calls the
 * driver: when and in what order is said in {@link EmulatedStreams}. Copies that do not name a
 * stream wait for none; freeing waits for all, as a GPU's does. What CUDA refuses while a stream is
 * captured is refused here too.
 */
final class EmulatedDriver implements CudaDriver {
  /** How many bytes of memory the device has, if not 4 GiB. */
  static final String MEMORY = "attune.emulated.memory";

  private static final long USUAL_MEMORY = 4L << 30;
  private static final int SHARED_BYTES = 227 << 10;
  private static final int SHARED_BYTES_UNASKED = 48 << 10;

  private final EmulatedLibrary library;
  private final long memoryBytes = memoryBytes();
  private final AtomicLong numbers = new AtomicLong();
  private final EmulatedStreams streams;
  private final AllocationMeter meter = new AllocationMeter();
  private final ThreadLocal<Boolean> current = ThreadLocal.withInitial(() -> false);
  private volatile boolean retained;
  private final EmulatedPinned pinned = new EmulatedPinned();

  private static long memoryBytes() {
    String given = System.getProperty(MEMORY);
    if (given == null) {
      return USUAL_MEMORY;
    }
    try {
      long bytes = Long.parseLong(given);
      if (bytes > 0) {
        return bytes;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new InputException(
        "-D%s=%s: expected a number of bytes, such as 4294967296".formatted(MEMORY, given));
  }

  EmulatedDriver(EmulatedLibrary library, long seed) {
    this.library = library;
    this.streams = new EmulatedStreams(numbers, seed);
  }

  /**
   * @param seed chooses the order in which blocks, warps and lanes run, and streams unless it is 0
   * @throws CudaUnavailableException where this build holds no kernels for the host
   */
  static EmulatedDriver open(long seed) {
    return new EmulatedDriver(EmulatedLibrary.open(seed), seed);
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
    retained = true;
    makeCurrent();
  }

  @Override
  public void makeCurrent() {
    current.set(retained);
  }

  private void requireContext() {
    if (!current.get()) {
      throw new CudaException(
          "emulated call",
          DriverStatus.INVALID_CONTEXT,
          "no context is current in thread " + Thread.currentThread().getName());
    }
  }

  /** The library, for a thread that may use the device. */
  private EmulatedLibrary device() {
    requireContext();
    return library;
  }

  private EmulatedStreams streams() {
    requireContext();
    return streams;
  }

  @Override
  public long freeMemory() {
    return memoryBytes - device().allocatedBytes();
  }

  @Override
  public Module loadFamily(String family) {
    if (!device().hasFamily(family)) {
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
    EmulatedLibrary.Kernel kernel = device().kernel(family, name);
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
    Arena keeper = streams().keeper((Queue) stream);
    MemorySegment kept = keeper == null ? arguments : copy(known, arguments, keeper);
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
    streams().refuseWhileCapturing("allocation");
    if (bytes > freeMemory()) {
      throw new CudaException(
          "emulated allocation of " + bytes + " bytes",
          DriverStatus.OUT_OF_MEMORY,
          freeMemory() + " are free");
    }
    long address = device().allocate(bytes);
    meter.allocated(address, bytes);
    return address;
  }

  @Override
  public void free(long address) {
    streams().refuseWhileCapturing("free");
    streams().finishAll();
    device().free(address);
    meter.freed(address);
  }

  @Override
  public AllocationMeter meter() {
    return meter;
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    if (bytes < 1 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pinned memory comes in 1 to 2^31 - 1 bytes, not " + bytes);
    }
    streams().refuseWhileCapturing("allocation of pinned memory");
    return pinned.allocate(bytes);
  }

  @Override
  public void freePinned(MemorySegment segment) {
    streams().finishAll();
    pinned.free(segment);
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    streams().refuseWhileCapturing("copy to the device that waits");
    device().copyIn(target, requireNative(source));
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    streams().refuseWhileCapturing("copy to the host that waits");
    device().copyOut(requireNative(target), source);
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

  /** Queues work that is no kernel. */
  void queue(Stream stream, Runnable work) {
    streams().queue((Queue) stream, work);
  }

  @Override
  public Stream createStream() {
    return streams().create();
  }

  @Override
  public void destroyStream(Stream stream) {
    streams().destroy((Queue) stream);
  }

  @Override
  public void synchronize(Stream stream) {
    streams().finish((Queue) stream);
  }

  @Override
  public Event createEvent() {
    return streams().createEvent();
  }

  @Override
  public void destroyEvent(Event event) {
    // Nothing is held.
  }

  @Override
  public void record(Event event, Stream stream) {
    streams().record((Mark) event, (Queue) stream);
  }

  @Override
  public void waitFor(Stream stream, Event event) {
    streams().await((Queue) stream, (Mark) event);
  }

  @Override
  public boolean isDone(Event event) {
    return streams().hasHappened((Mark) event);
  }

  @Override
  public void synchronize(Event event) {
    streams().finish((Mark) event);
  }

  @Override
  public float elapsedMilliseconds(Event start, Event end) {
    synchronize(start);
    synchronize(end);
    return (((Mark) end).nanoseconds - ((Mark) start).nanoseconds) / 1e6f;
  }

  @Override
  public void beginCapture(Stream stream) {
    streams().beginCapture((Queue) stream);
  }

  @Override
  public Graph endCapture(Stream stream) {
    return streams().endCapture((Queue) stream);
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    streams().queue((Queue) stream, (Recording) graph);
  }

  @Override
  public void destroyGraph(Graph graph) {
    streams().finishAll();
    ((Recording) graph).memory.close();
  }

  private static MemorySegment requireNative(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("the driver copies native memory only, not " + segment);
    }
    return segment;
  }

  @Override
  public void close() {
    pinned.close();
    library.close();
  }
}
