package io.attune.format;

import io.attune.InputException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that appears whole or not at all. What is written goes to a hidden sibling; {@link
 * #commit} forces it to the disk, renames it over the target and forces the folder. Closed without
 * a commit, the sibling is deleted and what was there before is untouched.
 */
public final class AtomicFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;
  private static final int NAME_KEPT = 100;

  private final Path target;
  private final Path temporary;
  private FileChannel channel;
  private OutputStream stream;
  private boolean committed;

  /** Something that writes a stream. */
  @FunctionalInterface
  public interface StreamBody {
    void write(OutputStream out) throws IOException;
  }

  /** Something that writes a file of its own at a path, as libraries do that want a name. */
  @FunctionalInterface
  public interface PathBody {
    void write(Path temporary) throws IOException;
  }

  private AtomicFile(Path target, Path temporary) {
    this.target = target;
    this.temporary = temporary;
  }

  /**
   * Begins a file that will replace {@code target}.
   *
   * @throws InputException if the folder is missing or closed to us, or the target is not a plain
   *     file
   */
  public static AtomicFile create(Path target) {
    AtomicFile file = at(target);
    try {
      file.channel =
          FileChannel.open(file.temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
    file.stream = new BufferedOutputStream(Channels.newOutputStream(file.channel), BUFFER);
    return file;
  }

  /**
   * Asserts that {@code target} could be written now, before long work goes into its content.
   *
   * @throws InputException as {@link #create} does
   */
  public static void requireWritable(Path target) {
    create(target).close();
  }

  /** Where the bytes go, buffered. */
  public OutputStream stream() {
    return stream;
  }

  /** Makes what was written the target's content, durably. */
  public void commit() {
    try {
      stream.flush();
      channel.force(true);
      channel.close();
      publish();
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  /** Drops the temporary file unless it was committed. */
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      if (channel != null) {
        channel.close();
      }
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  /** Writes {@code target} through a stream, all or nothing. */
  public static void write(Path target, StreamBody body) {
    try (AtomicFile file = create(target)) {
      body.write(file.stream());
      file.commit();
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  /** Writes {@code target} through a library that opens the file by its name, all or nothing. */
  public static void writeByPath(Path target, PathBody body) {
    try (AtomicFile file = at(target)) {
      body.write(file.temporary);
      try (FileChannel channel = FileChannel.open(file.temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      file.publish();
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  /** Writes UTF-8 text, all or nothing. */
  public static void writeText(Path target, String text) {
    writeBytes(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes bytes, all or nothing. */
  public static void writeBytes(Path target, byte[] bytes) {
    write(target, out -> out.write(bytes));
  }

  private void publish() throws IOException {
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    committed = true;
    forceFolder(target.getParent());
  }

  /** A rename survives a power cut only once its folder is on the disk too. */
  private static void forceFolder(Path folder) throws IOException {
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static AtomicFile at(Path wanted) {
    Path target = wanted.toAbsolutePath().normalize();
    try {
      if (Files.isSymbolicLink(target) && Files.exists(target)) {
        target = target.toRealPath();
      }
    } catch (IOException e) {
      throw cannotWrite(wanted, e);
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(target)) {
      throw new InputException(
          "cannot write %s: it exists and is not a plain file; name another output"
              .formatted(wanted));
    }
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new InputException(
          "cannot write %s: there is no folder %s; create it first".formatted(wanted, folder));
    }
    String name = target.getFileName().toString();
    String kept = name.length() > NAME_KEPT ? name.substring(0, NAME_KEPT) : name;
    return new AtomicFile(target, folder.resolve("." + kept + "." + UUID.randomUUID() + ".tmp"));
  }

  private static InputException cannotWrite(Path target, IOException cause) {
    String reason =
        switch (cause) {
          case AccessDeniedException e -> "no permission for " + e.getFile();
          case NoSuchFileException e -> "no such file or folder: " + e.getFile();
          case FileSystemException e when e.getReason() != null -> e.getReason();
          default -> cause.getMessage();
        };
    return new InputException("cannot write %s: %s".formatted(target, reason), cause);
  }
}
