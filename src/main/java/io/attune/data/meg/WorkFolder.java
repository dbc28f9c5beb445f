package io.attune.data.meg;

import io.attune.InputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder of work under way that one process holds at a time, and that outlives a kill. */
final class WorkFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private boolean isDone;

  private WorkFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Opens or makes it.
   *
   * @throws InputException if another process is at work there, or it cannot be made
   */
  static WorkFolder open(Path path) {
    try {
      Files.createDirectories(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!lock(channel)) {
        channel.close();
        throw new InputException(path + ": another process is at work there; wait for it");
      }
      return new WorkFolder(path, channel);
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** A file in it. */
  Path resolve(String name) {
    return path.resolve(name);
  }

  /** Nothing is left to go on with: {@link #close} deletes it. */
  void done() {
    isDone = true;
  }

  @Override
  public void close() {
    try {
      if (isDone) {
        try (Stream<Path> files = Files.walk(path)) {
          List<Path> inside = files.sorted(Comparator.reverseOrder()).toList();
          for (Path file : inside) {
            Files.delete(file);
          }
        }
      }
      channel.close();
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(path, e.getMessage()), e);
    }
  }
}
