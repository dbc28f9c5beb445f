package io.attune.train;

import io.attune.format.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Every change to a run's files goes through here, one at a time, so that a test can die at each of
 * them. At any moment, also after a power cut, a name bears its old content or its new one.
 */
final class RunFiles {
  /** Ending of files that are being written; one left over belongs to a process that died. */
  static final String TEMPORARY = ".tmp";

  private final Observer observer;

  /** Told of every moment at which a process may die. */
  interface Observer {
    void at(String moment, Path file);
  }

  RunFiles(Observer observer) {
    this.observer = observer;
  }

  /** Files that nobody watches. */
  static RunFiles unobserved() {
    return new RunFiles((moment, file) -> {});
  }

  void write(Path target, byte[] content) {
    observer.at("before writing", target);
    AtomicFile.write(
        target,
        out -> {
          out.write(content);
          observer.at("before committing", target);
        });
    observer.at("after writing", target);
  }

  /** Runs a writer that replaces {@code target} all at once. */
  void replace(Path target, Runnable writer) {
    observer.at("before writing", target);
    writer.run();
    observer.at("after writing", target);
  }

  void delete(Path file) {
    observer.at("before deleting", file);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + file, e);
    }
    observer.at("after deleting", file);
  }
}
