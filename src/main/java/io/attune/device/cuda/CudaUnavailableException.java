package io.attune.device.cuda;

import io.attune.InputException;
import java.io.Serial;

/** This machine cannot serve CUDA; the message says in one line why and what to do. */
public final class CudaUnavailableException extends InputException {
  @Serial private static final long serialVersionUID = 1L;

  public CudaUnavailableException(String message) {
    super(message);
  }

  public CudaUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
