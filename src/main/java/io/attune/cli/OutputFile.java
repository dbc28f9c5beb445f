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
            "%s: is read, so it cannot be written too; name another file".formatted(out));
      }
    }
  }

  /**
   * Asserts that outputs are different files.
   *
   * @param outputs those that are not null are compared
   */
  static void requireApart(Path... outputs) {
    for (int i = 0; i < outputs.length; i++) {
      for (int j = 0; j < i; j++) {
        if (outputs[i] != null && outputs[j] != null && isSame(outputs[i], outputs[j])) {
          throw new InputException(
              outputs[i] + ": two outputs would be written there; name another file");
        }
      }
    }
  }

  private static boolean isSame(Path out, Path input) {
    try {
      return out.toAbsolutePath().normalize().equals(input.toAbsolutePath().normalize())
          || Files.exists(out) && Files.exists(input) && Files.isSameFile(out, input);
    } catch (IOException e) {
      throw InputException.unreadable(input, e);
    }
  }
}
