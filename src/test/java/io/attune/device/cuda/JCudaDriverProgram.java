package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.attune.device.cuda.CudaDriver.Event;
import io.attune.device.cuda.CudaDriver.Function;
import io.attune.device.cuda.CudaDriver.Graph;
import io.attune.device.cuda.CudaDriver.Module;
import io.attune.device.cuda.CudaDriver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;

/**
 * Calls what {@link JCudaDriver} has; run by {@link JCudaDriverTest} on a driver that only logs.
 */
final class JCudaDriverProgram {
  private static final int COUNT = 1000;

  private JCudaDriverProgram() {}

  public static void main(String[] arguments) {
    try (CudaDriver driver = JCudaDriver.open();
        Arena arena = Arena.ofConfined()) {
      say("device %s, %d", driver.deviceName(0), driver.totalMemory(0) >> 30);
      driver.retainPrimaryContext(0);
      Stream work = driver.createStream();
      Stream copies = driver.createStream();
      launch(driver, work, arena);
      copy(driver, copies, arena);
      order(driver, work, copies);
      capture(driver, work);
      fail(driver, work, arena);
      driver.destroyStream(copies);
      driver.destroyStream(work);
    }
  }

  private static void launch(CudaDriver driver, Stream stream, Arena arena) {
    Module module = driver.loadModule("PTX!".getBytes(StandardCharsets.US_ASCII));
    Function kernel = driver.function(module, "some_kernel");
    driver.allowSharedMemory(kernel, 99_000);
    KernelArguments first = new KernelArguments(arena, 3).set(0, 0xABCL).set(1, -5).set(2, 0.25f);
    KernelArguments other = new KernelArguments(arena, 3).set(0, 1L).set(1, 2).set(2, 3f);
    driver.launch(kernel, 7, 2, 3, 128, 4096, stream, first.segment());
    first.set(0, 0xDEFL);
    driver.launch(kernel, 8, 1, 1, 64, 0, stream, first.segment());
    driver.launch(kernel, 9, 1, 1, 32, 0, stream, other.segment());
    say("garbage of launches: %d bytes", garbage(driver, kernel, stream, first));
    driver.unloadModule(module);
  }

  /** Bytes that a hundred launches with the same argument block allocate on the heap. */
  private static long garbage(
      CudaDriver driver, Function kernel, Stream stream, KernelArguments arguments) {
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    driver.launch(kernel, 1, 1, 1, 32, 0, stream, arguments.segment());
    long before = thread.getCurrentThreadAllocatedBytes();
    long empty = thread.getCurrentThreadAllocatedBytes() - before;
    before = thread.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      driver.launch(kernel, i + 1, 1, 1, 32, 0, stream, arguments.set(1, i).segment());
    }
    return thread.getCurrentThreadAllocatedBytes() - before - empty;
  }

  /** Host to device, asynchronously, within it, and back. */
  private static void copy(CudaDriver driver, Stream stream, Arena arena) {
    long bytes = 4L * COUNT;
    long a = driver.allocate(bytes);
    long b = driver.allocate(bytes);
    MemorySegment pinned = driver.allocatePinned(bytes);
    for (int i = 0; i < COUNT; i++) {
      pinned.setAtIndex(JAVA_INT, i, i * 31);
    }
    driver.copyToDeviceAsync(a, pinned, stream);
    driver.copyOnDevice(b, a, bytes, stream);
    pinned.fill((byte) 0);
    driver.copyToHostAsync(pinned, b, stream);
    MemorySegment pageable = arena.allocate(bytes);
    driver.copyToHost(pageable, b);
    say("pinned %s, pageable %s", intact(pinned), intact(pageable));
    driver.fill(a, (byte) -1, bytes, stream);
    driver.copyToDevice(a, pageable);
    driver.copyToHost(pinned, a);
    say("again %s", intact(pinned));
    driver.freePinned(pinned);
    driver.free(a);
    driver.free(b);
  }

  private static boolean intact(MemorySegment values) {
    for (int i = 0; i < COUNT; i++) {
      if (values.getAtIndex(JAVA_INT, i) != i * 31) {
        return false;
      }
    }
    return true;
  }

  private static void order(CudaDriver driver, Stream work, Stream copies) {
    Event event = driver.createEvent();
    driver.record(event, copies);
    driver.waitFor(work, event);
    say("done %s then %s", driver.isDone(event), driver.isDone(event));
    driver.synchronize(event);
    say("took %.1f", driver.elapsedMilliseconds(event, event));
    driver.destroyEvent(event);
  }

  private static void capture(CudaDriver driver, Stream stream) {
    driver.beginCapture(stream);
    Graph graph = driver.endCapture(stream);
    driver.launch(graph, stream);
    driver.destroyGraph(graph);
  }

  private static void fail(CudaDriver driver, Stream stream, Arena arena) {
    refused(() -> driver.allocate(1L << 41));
    Function kernel = driver.function(driver.loadModule(new byte[8]), "bad_kernel");
    KernelArguments values = new KernelArguments(arena, 3).set(0, 1L).set(1, 2).set(2, 3f);
    refused(() -> driver.launch(kernel, 5, 1, 1, 2048, 16, stream, values.segment()));
    refused(() -> driver.launch(kernel, 777, 1, 1, 32, 0, stream, values.segment()));
    refused(() -> driver.loadModule("NEW!".getBytes(StandardCharsets.US_ASCII)));
    driver.launch(kernel, 666, 1, 1, 128, 0, stream, values.segment());
    refused(() -> driver.synchronize(stream));
  }

  private static void refused(Runnable call) {
    try {
      call.run();
      say("not refused");
    } catch (CudaException e) {
      say("refused: %s", e.getMessage());
    }
  }

  private static void say(String format, Object... values) {
    System.err.println(String.format(format, values));
  }
}
