package io.attune;

import java.io.IOException;
import java.io.Serial;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

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

  /** A file or folder that could not be read, with the reason in words instead of Java's. */
  public static InputException unreadable(Path path, IOException cause) {
    return new InputException(path + ": " + reason(path, cause, "read"), cause);
  }

  /** A file or folder that could not be made or written, likewise. */
  public static InputException unwritable(Path path, IOException cause) {
    return new InputException(path + ": " + reason(path, cause, "written"), cause);
  }

  private static String reason(Path path, IOException cause, String done) {
    return switch (cause) {
      case NoSuchFileException e when e.getFile().equals(path.toString()) ->
          "no such file or folder";
      case NoSuchFileException e -> "cannot be %s: there is no %s".formatted(done, e.getFile());
      case AccessDeniedException e ->
          "cannot be %s: permission denied for %s".formatted(done, e.getFile());
      case NotDirectoryException e -> "is not a folder";
      case FileSystemException e when e.getReason() != null ->
          "cannot be %s: %s (%s)".formatted(done, e.getReason(), e.getFile());
      case CharacterCodingException e -> "not UTF-8 text; convert it to UTF-8";
      default ->
          "cannot be %s: %s"
              .formatted(
                  done,
                  cause.getMessage() == null
                      ? cause.getClass().getSimpleName()
                      : cause.getMessage());
    };
  }
}
