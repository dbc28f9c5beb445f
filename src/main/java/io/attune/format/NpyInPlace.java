package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A {@code .npy} file of F32 that is filled in any order and whose filling may go on in another
 * process. It has its full length from the start; what was not written yet is 0. Several threads
 * may write.
 */
public final class NpyInPlace implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final int header;
  private final long size;

  private NpyInPlace(Path path, FileChannel channel, int header, long size) {
    this.path = path;
    this.channel = channel;
    this.header = header;
    this.size = size;
  }

  /** Begins a file, replacing what is there. */
  public static NpyInPlace create(Path path, Shape shape) {
    byte[] header = NpyHeader.write(DType.F32, shape);
    return guarded(
        path,
        () -> {
          FileChannel channel =
              FileChannel.open(
                  path,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE);
          writeFully(channel, ByteBuffer.wrap(header), 0);
          long end = header.length + Math.multiplyExact(shape.size(), Float.BYTES);
          if (end > header.length) {
            writeFully(channel, ByteBuffer.allocate(1), end - 1);
          }
          return new NpyInPlace(path, channel, header.length, shape.size());
        });
  }

  /**
   * Goes on with a file that {@link #create} began.
   *
   * @throws InputException if it is not of this shape
   */
  public static NpyInPlace reopen(Path path, Shape shape) {
    byte[] header = NpyHeader.write(DType.F32, shape);
    return guarded(
        path,
        () -> {
          FileChannel channel =
              FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
          ByteBuffer found = ByteBuffer.allocate(header.length);
          while (found.hasRemaining() && channel.read(found, found.position()) > 0) {}
          long expected = header.length + Math.multiplyExact(shape.size(), Float.BYTES);
          if (!Arrays.equals(found.array(), header) || channel.size() != expected) {
            channel.close();
            throw new InputException(
                "%s: is not the begun file of float32 %s; remove it to begin again"
                    .formatted(path, shape));
          }
          return new NpyInPlace(path, channel, header.length, shape.size());
        });
  }

  /** Writes {@code values} as the elements from {@code from} on, in row-major order. */
  public void write(long from, float[] values) {
    if (from < 0 || values.length > size - from) {
      throw new IndexOutOfBoundsException(
          "%s: %d elements at %d, it holds %d".formatted(path, values.length, from, size));
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    guarded(
        path,
        () -> {
          writeFully(channel, bytes, header + Float.BYTES * from);
          return null;
        });
  }

  /** Makes what was written so far survive a power cut. */
  public void force() {
    guarded(
        path,
        () -> {
          channel.force(true);
          return null;
        });
  }

  @Override
  public void close() {
    guarded(
        path,
        () -> {
          channel.close();
          return null;
        });
  }

  @FunctionalInterface
  private interface Body<T> {
    T run() throws IOException;
  }

  private static <T> T guarded(Path path, Body<T> body) {
    try {
      return body.run();
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long at)
      throws IOException {
    long place = at;
    while (bytes.hasRemaining()) {
      place += channel.write(bytes, place);
    }
  }
}
