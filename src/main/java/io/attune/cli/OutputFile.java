package io.attune.cli;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file that a command is to write, checked before anything is read or computed. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Asserts that a file can be written and is none of those that are read.
   *
   * @param inputs those that are not null are compared
   */
  static void require(Path out, List<Path> inputs) {
    AtomicFile.requireWritable(out);
    for (Path input : inputs) {
      if (input != null && isSame(out, input)) {
        throw new InputException(
            "%s: is read, so it cannot be written too; name another --out".formatted(out));
      }
    }
  }

  private static boolean isSame(Path out, Path input) {
    try {
      return Files.exists(out) && Files.exists(input) && Files.isSameFile(out, input);
    } catch (IOException e) {
      throw InputException.unreadable(input, e);
    }
  }
}
