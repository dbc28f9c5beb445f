package io.attune.clip;

import java.io.IOException;
import java.io.Serial;

/** What is wrong with an image's bytes; {@link ImageDecoder#read} adds the file's name. */
final class ImageFormatException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  ImageFormatException(String message) {
    super(message);
  }

  ImageFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
