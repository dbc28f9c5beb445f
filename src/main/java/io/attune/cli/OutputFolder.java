package io.attune.cli;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Folders that commands write. */
final class OutputFolder {
  private OutputFolder() {}

  /**
   * Makes a folder and those above it.
   *
   * @throws InputException if something that is not an empty folder is there
   */
  static void create(Path folder) {
    try {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> entries = Files.list(folder)) {
          if (entries.findAny().isPresent()) {
            throw new InputException(folder + " is not empty; name another folder or remove it");
          }
        }
      } else if (Files.exists(folder)) {
        throw new InputException(folder + " is not a folder; name another");
      }
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException("cannot make the folder %s: %s".formatted(folder, e), e);
    }
  }
}
