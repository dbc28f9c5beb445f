package io.attune.device.cuda;

import java.io.Serial;

/** A call of the driver or of a CUDA library that failed: which, with what status, what to do. */
public final class CudaException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final String call;
  private final int status;

  /**
   * @param call the function's name and what it was given, {@code cuMemAlloc of 512 bytes}
   * @param status its number, and {@code description} what the library says of it
   */
  public CudaException(String call, int status, String description) {
    super(call + " failed with status " + status + ": " + description);
    this.call = call;
    this.status = status;
  }

  /** The function's name and what it was given. */
  public String call() {
    return call;
  }

  /** The library's number for the failure; 2 is out of memory for the driver. */
  public int status() {
    return status;
  }
}
