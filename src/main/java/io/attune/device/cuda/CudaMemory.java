package io.attune.device.cuda;

import io.attune.InputException;
import io.attune.device.Device;

/** How much memory of a CUDA device, or of its emulation, is in use. */
public final class CudaMemory {
  private final CudaContext context;

  private CudaMemory(CudaContext context) {
    this.context = context;
  }

  /**
   * The memory of a device.
   *
   * @throws InputException if it is not a CUDA device
   */
  public static CudaMemory of(Device device) {
    if (device instanceof CudaDevice cuda) {
      return new CudaMemory(cuda.context());
    }
    throw new InputException(
        "--device %s has no memory of its own: expected cuda or emulated".formatted(device.name()));
  }

  /**
   * The most bytes that were allocated at once since {@link #resetPeak}: weights, optimiser,
   * activations, tables, scratch and staging, every allocation of this device. What the driver
   * takes for itself, for its context, loaded modules and graphs, is in {@link #usedBytes} only.
   */
  public long peakBytes() {
    return context.driver().meter().peak();
  }

  /** What is allocated now becomes the peak. */
  public void resetPeak() {
    context.driver().meter().resetPeak();
  }

  /** Bytes of the card that are not free now, whoever uses them, as the driver tells. */
  public long usedBytes() {
    context.enter();
    CudaDriver driver = context.driver();
    return driver.totalMemory(context.ordinal()) - driver.freeMemory();
  }
}
