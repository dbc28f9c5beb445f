package io.attune.device.cuda;

import java.io.Serial;

/** A call of the driver or of a CUDA library that failed: which, and with what status. */
public final class CudaException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * @param call the function's name, {@code cuMemAlloc}
   * @param status its number, and {@code description} what the library says of it
   */
  public CudaException(String call, int status, String description) {
    super(call + " failed with status " + status + ": " + description);
  }
}
