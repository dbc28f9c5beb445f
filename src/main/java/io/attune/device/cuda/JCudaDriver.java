package io.attune.device.cuda;

import static jcuda.driver.JCudaDriver.*;

import io.attune.device.cuda.JCudaHandles.Captured;
import io.attune.device.cuda.JCudaHandles.DeviceAddress;
import io.attune.device.cuda.JCudaHandles.HostAddress;
import io.attune.device.cuda.JCudaHandles.Kernel;
import io.attune.device.cuda.JCudaHandles.LoadedModule;
import io.attune.device.cuda.JCudaHandles.Mark;
import io.attune.device.cuda.JCudaHandles.Queue;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;

/** {@link CudaDriver} over JCuda, which needs nothing but the driver's own library. */
public final class JCudaDriver implements CudaDriver {
  private final Queue defaultStream = new Queue();
  private CUcontext context;
  private CUdevice retained;
  private int ordinal;

  /** What a fault that shows later may come from. */
  private final LatestLaunch latest = new LatestLaunch();

  private final AllocationMeter meter = new AllocationMeter();

  private JCudaDriver() {}

  /**
   * Probes for the driver, and only then touches JCuda.
   *
   * @throws CudaUnavailableException where there is no driver, no device or no JCuda library
   */
  public static JCudaDriver open() {
    DriverProbe.find();
    JCudaNatives.load();
    JCudaDriver driver = new JCudaDriver();
    driver.check("cuInit", cuInit(0));
    return driver;
  }

  @Override
  public int version() {
    int[] version = new int[1];
    check("cuDriverGetVersion", cuDriverGetVersion(version));
    return version[0];
  }

  @Override
  public int deviceCount() {
    int[] count = new int[1];
    check("cuDeviceGetCount", cuDeviceGetCount(count));
    return count[0];
  }

  @Override
  public String deviceName(int device) {
    byte[] name = new byte[256];
    check("cuDeviceGetName", cuDeviceGetName(name, name.length, handle(device)));
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public long totalMemory(int device) {
    long[] bytes = new long[1];
    check("cuDeviceTotalMem", cuDeviceTotalMem(bytes, handle(device)));
    return bytes[0];
  }

  @Override
  public int attribute(int device, DeviceAttribute attribute) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute", cuDeviceGetAttribute(value, attribute.number(), handle(device)));
    return value[0];
  }

  @Override
  public void retainPrimaryContext(int device) {
    if (context != null) {
      throw new IllegalStateException("a driver object holds one context");
    }
    CUdevice wanted = handle(device);
    CUcontext primary = new CUcontext();
    check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(primary, wanted));
    retained = wanted;
    ordinal = device;
    context = primary;
    makeCurrent();
  }

  @Override
  public void makeCurrent() {
    check("cuCtxSetCurrent", cuCtxSetCurrent(context));
  }

  @Override
  public long freeMemory() {
    long[] free = new long[1];
    check("cuMemGetInfo", cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  @Override
  public Module loadFamily(String family) {
    return loadModule(KernelImages.image(family, CudaSurvey.capability(this, ordinal)));
  }

  @Override
  public Module loadModule(byte[] image) {
    LoadedModule module = new LoadedModule();
    check("cuModuleLoadData of " + image.length + " bytes", cuModuleLoadData(module, image));
    return module;
  }

  @Override
  public void unloadModule(Module module) {
    check("cuModuleUnload", cuModuleUnload((LoadedModule) module));
  }

  @Override
  public Function function(Module module, String name) {
    Kernel kernel = new Kernel(name);
    check(
        "cuModuleGetFunction of " + name, cuModuleGetFunction(kernel, (LoadedModule) module, name));
    return kernel;
  }

  @Override
  public void allowSharedMemory(Function function, int bytes) {
    Kernel kernel = (Kernel) function;
    check(
        "cuFuncSetAttribute of " + kernel.name + ", " + bytes + " bytes of shared memory",
        cuFuncSetAttribute(
            kernel, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes));
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
    Kernel kernel = (Kernel) function;
    int status =
        cuLaunchKernel(
            kernel,
            gridX,
            gridY,
            gridZ,
            blockX,
            1,
            1,
            sharedBytes,
            (Queue) stream,
            kernel.at(arguments.address()),
            null);
    boolean earlier = DriverStatus.isFault(status);
    if (!earlier) {
      latest.set(kernel.name, gridX, gridY, gridZ, blockX, sharedBytes);
    }
    if (status != DriverStatus.SUCCESS) {
      throw failure(earlier ? "cuLaunchKernel" : "cuLaunchKernel of " + latest, status);
    }
  }

  @Override
  public long allocate(long bytes) {
    DeviceAddress address = new DeviceAddress();
    check("cuMemAlloc of " + bytes + " bytes", cuMemAlloc(address, bytes));
    meter.allocated(address.address(), bytes);
    return address.address();
  }

  @Override
  public void free(long address) {
    check("cuMemFree", cuMemFree(new DeviceAddress(address)));
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
    Pointer pointer = new Pointer();
    check("cuMemAllocHost of " + bytes + " bytes", cuMemAllocHost(pointer, bytes));
    // JCuda hands the memory out as a buffer, which it does not own.
    long address = MemorySegment.ofBuffer(pointer.getByteBuffer()).address();
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  @Override
  public void freePinned(MemorySegment pinned) {
    check("cuMemFreeHost", cuMemFreeHost(new HostAddress(pinned.address())));
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    check("cuMemcpyHtoD", cuMemcpyHtoD(new DeviceAddress(target), at(source), source.byteSize()));
    // From pageable memory it may return while the last part is still on its way.
    check("cuStreamSynchronize", cuStreamSynchronize(defaultStream));
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    check("cuMemcpyDtoH", cuMemcpyDtoH(at(target), new DeviceAddress(source), target.byteSize()));
  }

  @Override
  public void copyToDeviceAsync(long target, MemorySegment pinned, Stream stream) {
    check(
        "cuMemcpyHtoDAsync",
        cuMemcpyHtoDAsync(
            new DeviceAddress(target), at(pinned), pinned.byteSize(), (Queue) stream));
  }

  @Override
  public void copyToHostAsync(MemorySegment pinned, long source, Stream stream) {
    check(
        "cuMemcpyDtoHAsync",
        cuMemcpyDtoHAsync(
            at(pinned), new DeviceAddress(source), pinned.byteSize(), (Queue) stream));
  }

  @Override
  public void copyOnDevice(long target, long source, long bytes, Stream stream) {
    check(
        "cuMemcpyDtoDAsync",
        cuMemcpyDtoDAsync(
            new DeviceAddress(target), new DeviceAddress(source), bytes, (Queue) stream));
  }

  @Override
  public void fill(long target, byte value, long bytes, Stream stream) {
    check(
        "cuMemsetD8Async",
        cuMemsetD8Async(new DeviceAddress(target), value, bytes, (Queue) stream));
  }

  @Override
  public Stream createStream() {
    Queue stream = new Queue();
    check("cuStreamCreate", cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    return stream;
  }

  @Override
  public void destroyStream(Stream stream) {
    check("cuStreamDestroy", cuStreamDestroy((Queue) stream));
  }

  @Override
  public void synchronize(Stream stream) {
    check("cuStreamSynchronize", cuStreamSynchronize((Queue) stream));
  }

  @Override
  public Event createEvent() {
    Mark event = new Mark();
    check("cuEventCreate", cuEventCreate(event, 0));
    return event;
  }

  @Override
  public void destroyEvent(Event event) {
    check("cuEventDestroy", cuEventDestroy((Mark) event));
  }

  @Override
  public void record(Event event, Stream stream) {
    check("cuEventRecord", cuEventRecord((Mark) event, (Queue) stream));
  }

  @Override
  public void waitFor(Stream stream, Event event) {
    check("cuStreamWaitEvent", cuStreamWaitEvent((Queue) stream, (Mark) event, 0));
  }

  @Override
  public boolean isDone(Event event) {
    int status = cuEventQuery((Mark) event);
    if (status == DriverStatus.NOT_READY) {
      return false;
    }
    check("cuEventQuery", status);
    return true;
  }

  @Override
  public void synchronize(Event event) {
    check("cuEventSynchronize", cuEventSynchronize((Mark) event));
  }

  @Override
  public float elapsedMilliseconds(Event start, Event end) {
    synchronize(start);
    synchronize(end);
    float[] milliseconds = new float[1];
    check("cuEventElapsedTime", cuEventElapsedTime(milliseconds, (Mark) start, (Mark) end));
    return milliseconds[0];
  }

  @Override
  public void beginCapture(Stream stream) {
    check(
        "cuStreamBeginCapture",
        cuStreamBeginCapture(
            (Queue) stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  }

  @Override
  public Graph endCapture(Stream stream) {
    CUgraph recorded = new CUgraph();
    check("cuStreamEndCapture", cuStreamEndCapture((Queue) stream, recorded));
    try {
      Captured graph = new Captured();
      check("cuGraphInstantiate", cuGraphInstantiate(graph, recorded, 0));
      return graph;
    } finally {
      check("cuGraphDestroy", cuGraphDestroy(recorded));
    }
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    check("cuGraphLaunch", cuGraphLaunch((Captured) graph, (Queue) stream));
  }

  @Override
  public void destroyGraph(Graph graph) {
    check("cuGraphExecDestroy", cuGraphExecDestroy((Captured) graph));
  }

  @Override
  public void close() {
    if (context != null) {
      context = null;
      check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(retained));
    }
  }

  private CUdevice handle(int device) {
    CUdevice handle = new CUdevice();
    check("cuDeviceGet of device " + device, cuDeviceGet(handle, device));
    return handle;
  }

  private static HostAddress at(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("the driver copies native memory only, not " + segment);
    }
    return new HostAddress(segment.address());
  }

  private void check(String call, int status) {
    if (status != DriverStatus.SUCCESS) {
      throw failure(call, status);
    }
  }

  private CudaException failure(String call, int status) {
    String[] name = new String[1];
    String[] text = new String[1];
    cuGetErrorName(status, name);
    cuGetErrorString(status, text);
    String suspect =
        DriverStatus.isFault(status) && latest.any()
            ? ", from a kernel queued before; the latest was " + latest
            : "";
    String said = name[0] == null ? "the driver has no name of it" : name[0] + ", " + text[0];
    return new CudaException(call, status, said + suspect + DriverStatus.remedy(status));
  }
}
