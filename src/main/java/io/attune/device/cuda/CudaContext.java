package io.attune.device.cuda;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the families of one CUDA device share: the driver with its context, the stream in which they
 * queue their work, the kernels, scratch memory.
 */
final class CudaContext implements AutoCloseable {
  private static final long SCRATCH_ALIGNMENT = 256;
  private static final long FIRST_SCRATCH = 1L << 20;

  private final CudaDriver driver;
  private final int ordinal;
  private final CudaDriver.Stream stream;
  private final int multiprocessors;
  private final Arena memory = Arena.ofShared();
  private final Map<String, CudaDriver.Module> modules = new HashMap<>();
  private final List<Long> scratches = new ArrayList<>();
  private long scratchBytes;
  private final List<IndexCheck> noted = new ArrayList<>();
  private boolean capturing;
  private Thread current;
  private boolean closed;

  /** Retains the primary context of device {@code ordinal}; closing releases it and the driver. */
  CudaContext(CudaDriver driver, int ordinal) {
    this.driver = driver;
    this.ordinal = ordinal;
    driver.retainPrimaryContext(ordinal);
    current = Thread.currentThread();
    stream = driver.createStream();
    multiprocessors = driver.attribute(ordinal, DeviceAttribute.MULTIPROCESSOR_COUNT);
  }

  CudaDriver driver() {
    return driver;
  }

  int ordinal() {
    return ordinal;
  }

  /** The stream of all computation. */
  CudaDriver.Stream stream() {
    return stream;
  }

  /** How many multiprocessors the card has: 132 on an H100 or H200. */
  int multiprocessors() {
    return multiprocessors;
  }

  /** Native memory that lives as long as the device. */
  Arena memory() {
    return memory;
  }

  /** Makes the context current on this thread, if another one called last. */
  void enter() {
    if (closed) {
      throw new IllegalStateException("the CUDA device " + ordinal + " was closed");
    }
    Thread caller = Thread.currentThread();
    if (caller != current) {
      driver.makeCurrent();
      current = caller;
    }
  }

  /** The kernel of this name in kernels/FAMILY.cu, with an argument block of its own. */
  CudaKernel kernel(String family, String name) {
    enter();
    CudaDriver.Module module = modules.computeIfAbsent(family, driver::loadFamily);
    return new CudaKernel(this, name, driver.function(module, name));
  }

  /**
   * Device memory for what is queued before the next call, aligned to 256 bytes. Earlier regions
   * stay allocated, since a captured graph may use them.
   */
  long scratch(long bytes) {
    if (bytes > scratchBytes) {
      if (capturing) {
        throw new IllegalStateException(
            "a captured step needs %d bytes of scratch, more than the %d of the step before it"
                .formatted(bytes, scratchBytes));
      }
      enter();
      long wanted = Math.max(FIRST_SCRATCH, Math.max(bytes, 2 * scratchBytes));
      long rounded = Math.ceilDiv(wanted, SCRATCH_ALIGNMENT) * SCRATCH_ALIGNMENT;
      scratches.add(driver.allocate(rounded));
      scratchBytes = rounded;
    }
    return scratches.isEmpty() ? 0 : scratches.getLast();
  }

  /** Bytes of scratch memory that even the smallest work is still going to take. */
  long scratchToCome() {
    return scratches.isEmpty() ? FIRST_SCRATCH : 0;
  }

  /** Between here and {@link #endCapture}, work is recorded instead of done. */
  void beginCapture() {
    enter();
    capturing = true;
    noted.clear();
    driver.beginCapture(stream);
  }

  /** Keeps a check of what is being captured, which its replays must repeat. */
  void note(IndexCheck check) {
    noted.add(check);
  }

  /** The checks of the latest capture. */
  IndexCheck[] noted() {
    return noted.toArray(IndexCheck[]::new);
  }

  CudaDriver.Graph endCapture() {
    capturing = false;
    return driver.endCapture(stream);
  }

  boolean isCapturing() {
    return capturing;
  }

  /**
   * Refuses what a replayed step could not do again.
   *
   * @param what "wait for a sum"
   */
  void refuseCapture(String what) {
    if (capturing) {
      throw new IllegalStateException("a captured step cannot " + what);
    }
  }

  /**
   * Frees device memory; of a closed device, whose memory went with it, nothing is left to free.
   */
  void free(long address) {
    if (!closed) {
      enter();
      driver.free(address);
    }
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    enter();
    driver.synchronize(stream);
    scratches.forEach(driver::free);
    modules.values().forEach(driver::unloadModule);
    driver.destroyStream(stream);
    closed = true;
    driver.close();
    memory.close();
  }
}
