package io.attune.device.cuda;

import io.attune.device.Device;
import io.attune.device.Precision;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** The emulated device, with an account of what its driver has made and not got back. */
public final class WatchedEmulation implements AutoCloseable {
  /** Who makes what; what takes it back. */
  private static final Map<String, String> MAKERS =
      Map.of(
          "allocate", "allocations",
          "allocatePinned", "pinned segments",
          "createStream", "streams",
          "createEvent", "events",
          "endCapture", "graphs",
          "loadFamily", "modules");

  private static final Map<String, String> TAKERS =
      Map.of(
          "free", "allocations",
          "freePinned", "pinned segments",
          "destroyStream", "streams",
          "destroyEvent", "events",
          "destroyGraph", "graphs",
          "unloadModule", "modules");

  private final Map<String, AtomicLong> held = new TreeMap<>();
  private final Map<String, AtomicLong> made = new TreeMap<>();
  private final EmulatedDriver driver = EmulatedDriver.open(0);
  private final AtomicLong graphLaunches = new AtomicLong();
  private final Device device;
  private long peak;

  private WatchedEmulation(Precision precision) {
    MAKERS.values().forEach(kind -> held.put(kind, new AtomicLong()));
    MAKERS.values().forEach(kind -> made.put(kind, new AtomicLong()));
    CudaContext context = new CudaContext(counting(), 0);
    device = new CudaDevice("emulated", context, new EmulatedBlas(driver), precision);
  }

  /** A device; where the build has no kernels for the host, the test is skipped. */
  public static WatchedEmulation open(Precision precision) {
    KernelVariants.requireHostKernels();
    return new WatchedEmulation(precision);
  }

  /** A device with so many bytes of memory. */
  public static WatchedEmulation open(Precision precision, long memory) {
    KernelVariants.requireHostKernels();
    System.setProperty(EmulatedDriver.MEMORY, Long.toString(memory));
    try {
      return new WatchedEmulation(precision);
    } finally {
      System.clearProperty(EmulatedDriver.MEMORY);
    }
  }

  private CudaDriver counting() {
    return (CudaDriver)
        Proxy.newProxyInstance(
            CudaDriver.class.getClassLoader(),
            new Class<?>[] {CudaDriver.class},
            (proxy, method, arguments) -> {
              Object result;
              try {
                result = method.invoke(driver, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              String name = method.getName();
              if (name.equals("allocate")) {
                peak = Math.max(peak, bytes());
              }
              if (MAKERS.containsKey(name)) {
                held.get(MAKERS.get(name)).incrementAndGet();
                made.get(MAKERS.get(name)).incrementAndGet();
              }
              if (TAKERS.containsKey(name)) {
                held.get(TAKERS.get(name)).decrementAndGet();
              }
              if (name.equals("launch") && arguments.length == 2) {
                graphLaunches.incrementAndGet();
              }
              return result;
            });
  }

  public Device device() {
    return device;
  }

  /** What was made and not given back, by kind; kinds of which nothing is held are left out. */
  public Map<String, Long> held() {
    Map<String, Long> left = new TreeMap<>();
    held.forEach(
        (kind, count) -> {
          if (count.get() != 0) {
            left.put(kind, count.get());
          }
        });
    return left;
  }

  /** What was made so far, by kind. */
  public Map<String, Long> made() {
    Map<String, Long> counts = new TreeMap<>();
    made.forEach((kind, count) -> counts.put(kind, count.get()));
    return counts;
  }

  /** How often a graph was replayed. */
  public long graphLaunches() {
    return graphLaunches.get();
  }

  /** Bytes of device memory in use. */
  public long bytes() {
    return driver.library().allocatedBytes();
  }

  /** The most bytes of device memory that were in use since this was asked last. */
  public long peakBytes() {
    long most = peak;
    peak = bytes();
    return most;
  }

  @Override
  public void close() {
    device.close();
  }
}
