package io.attune.device;

import java.io.Serial;

/** A device cannot serve on this machine; the message is one line: why, and what would help. */
public final class DeviceUnavailableException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  public DeviceUnavailableException(String message) {
    super(message);
  }
}
