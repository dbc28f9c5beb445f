package io.attune.device.cuda;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** Times what is queued on a CUDA device, or on its emulation, by events in its stream. */
public final class CudaClock {
  private final CudaContext context;
  private final CudaDriver driver;

  private CudaClock(CudaContext context) {
    this.context = context;
    this.driver = context.driver();
  }

  /**
   * The clock of a device.
   *
   * @throws InputException if it is not a CUDA device
   */
  public static CudaClock of(Device device) {
    if (device instanceof CudaDevice cuda) {
      return new CudaClock(cuda.context());
    }
    throw new InputException(
        "--device %s cannot be timed by events: expected cuda or emulated"
            .formatted(device.name()));
  }

  /**
   * The milliseconds of each repetition, in ascending order. Work before it is waited for.
   *
   * @param work queues repetition i on the device
   */
  public double[] milliseconds(int warmUps, int repetitions, IntConsumer work) {
    for (int i = 0; i < warmUps; i++) {
      work.accept(i);
    }
    context.enter();
    driver.synchronize(context.stream());
    CudaDriver.Event[] events = new CudaDriver.Event[repetitions + 1];
    Arrays.setAll(events, i -> driver.createEvent());
    try {
      driver.record(events[0], context.stream());
      for (int i = 0; i < repetitions; i++) {
        work.accept(warmUps + i);
        driver.record(events[i + 1], context.stream());
      }
      double[] times = new double[repetitions];
      for (int i = 0; i < repetitions; i++) {
        times[i] = driver.elapsedMilliseconds(events[i], events[i + 1]);
      }
      Arrays.sort(times);
      return times;
    } finally {
      for (CudaDriver.Event event : events) {
        driver.destroyEvent(event);
      }
    }
  }

  /** Queues the driver's own copy, the yardstick of our kernels; both without gaps. */
  public void copy(Tensor from, Tensor to) {
    Shapes.same(from, to);
    Shapes.contiguous(from);
    Shapes.contiguous(to);
    context.enter();
    driver.copyOnDevice(
        CudaBuffer.address(to),
        CudaBuffer.address(from),
        from.size() * from.dtype().bytes(),
        context.stream());
  }

  /** Bytes of the card's L2 cache; timings rotate over more than this. */
  public long cacheBytes() {
    return driver.attribute(context.ordinal(), DeviceAttribute.L2_CACHE_BYTES);
  }

  /** The card and its driver, for the record. */
  public Map<String, Object> facts() {
    int ordinal = context.ordinal();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("device", driver.deviceName(ordinal));
    facts.put("driver", driver.version() / 1000 + "." + driver.version() % 1000 / 10);
    facts.put(
        "compute capability",
        driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
            + "."
            + driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MINOR));
    facts.put("multiprocessors", context.multiprocessors());
    facts.put("L2 bytes", cacheBytes());
    facts.put("memory bytes", driver.totalMemory(ordinal));
    return facts;
  }
}
