package io.attune.device;

import java.io.Serial;

/** A tensor did not fit a device; the message gives the sizes and what would help. */
public final class DeviceMemoryException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
