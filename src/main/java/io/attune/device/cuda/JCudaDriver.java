package io.attune.device.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGetErrorName;
import static jcuda.driver.JCudaDriver.cuGetErrorString;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import io.attune.device.cuda.JCudaHandles.DeviceAddress;
import io.attune.device.cuda.JCudaHandles.Kernel;
import io.attune.device.cuda.JCudaHandles.LoadedModule;
import io.attune.device.cuda.JCudaHandles.Mark;
import io.attune.device.cuda.JCudaHandles.Queue;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;

/** {@link CudaDriver} over JCuda, which needs nothing but the driver's own library. */
public final class JCudaDriver implements CudaDriver {
  /** A ByteBuffer's limit, rounded down: larger host copies go in several parts. */
  private static final long PART_BYTES = 1L << 30;

  private CUcontext context;
  private CUdevice retained;

  private JCudaDriver() {}

  /**
   * Probes for the driver, and only then touches JCuda.
   *
   * @throws CudaUnavailableException where there is no driver, no device or no JCuda library
   */
  public static JCudaDriver open() {
    DriverProbe.find();
    JCudaNatives.load();
    check("cuInit", cuInit(0));
    return new JCudaDriver();
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
  public Module loadModule(byte[] image) {
    LoadedModule module = new LoadedModule();
    check("cuModuleLoadData", cuModuleLoadData(module, image));
    return module;
  }

  @Override
  public void unloadModule(Module module) {
    check("cuModuleUnload", cuModuleUnload((LoadedModule) module));
  }

  @Override
  public Function function(Module module, String name) {
    Kernel kernel = new Kernel();
    check(
        "cuModuleGetFunction of " + name, cuModuleGetFunction(kernel, (LoadedModule) module, name));
    return kernel;
  }

  @Override
  public void launch(Function function, Launch launch, Stream stream, MemorySegment arguments) {
    check(
        "cuLaunchKernel",
        cuLaunchKernel(
            (Kernel) function,
            launch.gridX(),
            launch.gridY(),
            launch.gridZ(),
            launch.blockX(),
            launch.blockY(),
            1,
            launch.sharedBytes(),
            (Queue) stream,
            Pointer.to(arguments.asByteBuffer()),
            null));
  }

  @Override
  public long allocate(long bytes) {
    DeviceAddress address = new DeviceAddress();
    check("cuMemAlloc of " + bytes + " bytes", cuMemAlloc(address, bytes));
    return address.address();
  }

  @Override
  public void free(long address) {
    check("cuMemFree", cuMemFree(new DeviceAddress(address)));
  }

  @Override
  public void copyToDevice(long target, MemorySegment source) {
    for (long at = 0; at < source.byteSize(); at += PART_BYTES) {
      long bytes = Math.min(PART_BYTES, source.byteSize() - at);
      Pointer part = Pointer.to(source.asSlice(at, bytes).asByteBuffer());
      check("cuMemcpyHtoD", cuMemcpyHtoD(new DeviceAddress(target + at), part, bytes));
    }
  }

  @Override
  public void copyToHost(MemorySegment target, long source) {
    for (long at = 0; at < target.byteSize(); at += PART_BYTES) {
      long bytes = Math.min(PART_BYTES, target.byteSize() - at);
      Pointer part = Pointer.to(target.asSlice(at, bytes).asByteBuffer());
      check("cuMemcpyDtoH", cuMemcpyDtoH(part, new DeviceAddress(source + at), bytes));
    }
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
    check("cuStreamCreate", cuStreamCreate(stream, 0));
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
  public float elapsedMilliseconds(Event start, Event end) {
    check("cuEventSynchronize", cuEventSynchronize((Mark) start));
    check("cuEventSynchronize", cuEventSynchronize((Mark) end));
    float[] milliseconds = new float[1];
    check("cuEventElapsedTime", cuEventElapsedTime(milliseconds, (Mark) start, (Mark) end));
    return milliseconds[0];
  }

  @Override
  public void close() {
    if (context != null) {
      context = null;
      check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(retained));
    }
  }

  private static CUdevice handle(int device) {
    CUdevice handle = new CUdevice();
    check("cuDeviceGet of device " + device, cuDeviceGet(handle, device));
    return handle;
  }

  private static void check(String call, int status) {
    if (status != 0) {
      String[] name = new String[1];
      String[] text = new String[1];
      cuGetErrorName(status, name);
      cuGetErrorString(status, text);
      throw new CudaException(call, status, name[0] + ", " + text[0]);
    }
  }
}
