package io.attune;

import java.io.Serial;

/**
 * Bad input: a file, an option or a request that cannot be served. The message is one line for the
 * person who gave it: what is wrong, where (file, tensor, line), what was expected and found, what
 * to do. The command line prints it without a stack trace and exits with status 2.
 */
public class InputException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
