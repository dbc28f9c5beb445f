package io.attune.bench.jmh;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where results go: {@code BASE.json} and {@code BASE.md}, neither of which is there before.
 * Checked before hours of measurement.
 */
final class Destination {
  private final Path wanted;
  private Path base;

  private Destination(Path wanted) {
    this.wanted = wanted;
  }

  /**
   * What somebody asked for.
   *
   * @throws InputException if it is there already or cannot be written
   */
  static Destination given(Path out) {
    String name = out.getFileName() == null ? "" : out.getFileName().toString();
    if (name.isBlank() || Files.isDirectory(out)) {
      throw new InputException(
          "--out %s is a folder: name files in it, such as %s".formatted(out, out.resolve("run")));
    }
    Path base = out.resolveSibling(name.replaceFirst("(?<=.)\\.(json|md)$", ""));
    for (Path file : new Path[] {json(base), markdown(base)}) {
      if (Files.exists(file)) {
        throw new InputException(
            "--out: %s exists already; name another file or delete it".formatted(file));
      }
      AtomicFile.requireWritable(file);
    }
    return new Destination(base);
  }

  /**
   * A name of our own, with a number where that is taken.
   *
   * @throws InputException if it cannot be written
   */
  static Destination dated(Path wanted) {
    try {
      AtomicFile.requireWritable(json(free(wanted)));
    } catch (InputException e) {
      throw new InputException(e.getMessage() + "; name another place with --out", e);
    }
    return new Destination(wanted);
  }

  /**
   * Decided at the first call, and then ours: a run that began at the same time may have been
   * faster.
   */
  Path base() {
    while (base == null) {
      Path free = free(wanted);
      try {
        Files.createFile(json(free));
        base = free;
      } catch (FileAlreadyExistsException e) {
        // Somebody else's since a moment ago: the next number.
      } catch (IOException e) {
        throw InputException.unwritable(json(free), e);
      }
    }
    return base;
  }

  /** Whether results were written. */
  boolean isUsed() {
    return base != null;
  }

  static Path json(Path base) {
    return Path.of(base + ".json");
  }

  static Path markdown(Path base) {
    return Path.of(base + ".md");
  }

  /** Numbered names sort behind those without, as {@link Guard} wants the newest last. */
  private static Path free(Path wanted) {
    Path free = wanted;
    for (int n = 2; Files.exists(json(free)) || Files.exists(markdown(free)); n++) {
      free = Path.of(wanted + "_" + n);
    }
    return free;
  }
}
