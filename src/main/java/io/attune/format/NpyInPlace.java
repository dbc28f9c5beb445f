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
 * A {@code .npy} file of F32 or F64 that is filled in any order and whose filling may go on in
 * another process. It has its full length from the start; what was not written yet is 0. Several
 * threads may write.
 */
public final class NpyInPlace implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final int header;
  private final DType dtype;
  private final long size;

  private NpyInPlace(Path path, FileChannel channel, int header, DType dtype, long size) {
    this.path = path;
    this.channel = channel;
    this.dtype = dtype;
    this.header = header;
    this.size = size;
  }

  /** Begins a file of F32, replacing what is there. */
  public static NpyInPlace create(Path path, Shape shape) {
    return create(path, DType.F32, shape);
  }

  /** Begins a file of F32 or F64, replacing what is there. */
  public static NpyInPlace create(Path path, DType dtype, Shape shape) {
    byte[] header = header(dtype, shape);
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
          long end = header.length + Math.multiplyExact(shape.size(), dtype.bytes());
          if (end > header.length) {
            writeFully(channel, ByteBuffer.allocate(1), end - 1);
          }
          return new NpyInPlace(path, channel, header.length, dtype, shape.size());
        });
  }

  /**
   * Goes on with a file of F32 that {@link #create(Path, Shape)} began.
   *
   * @throws InputException if it is not of this shape
   */
  public static NpyInPlace reopen(Path path, Shape shape) {
    return reopen(path, DType.F32, shape);
  }

  /**
   * Goes on with a file that {@link #create(Path, DType, Shape)} began.
   *
   * @throws InputException if it is not of this type and shape
   */
  public static NpyInPlace reopen(Path path, DType dtype, Shape shape) {
    byte[] header = header(dtype, shape);
    return guarded(
        path,
        () -> {
          FileChannel channel =
              FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
          ByteBuffer found = ByteBuffer.allocate(header.length);
          while (found.hasRemaining() && channel.read(found, found.position()) > 0) {}
          long expected = header.length + Math.multiplyExact(shape.size(), dtype.bytes());
          if (!Arrays.equals(found.array(), header) || channel.size() != expected) {
            channel.close();
            throw new InputException(
                "%s: is not the begun file of %s %s; remove it to begin again"
                    .formatted(path, dtype == DType.F32 ? "float32" : "float64", shape));
          }
          return new NpyInPlace(path, channel, header.length, dtype, shape.size());
        });
  }

  /** Writes {@code values} as the elements from {@code from} on, in row-major order, of F32. */
  public void write(long from, float[] values) {
    ByteBuffer bytes = bytes(DType.F32, from, values.length);
    bytes.asFloatBuffer().put(values);
    write(from, bytes);
  }

  /** Writes {@code values} as the elements from {@code from} on, in row-major order, of F64. */
  public void write(long from, double[] values) {
    ByteBuffer bytes = bytes(DType.F64, from, values.length);
    bytes.asDoubleBuffer().put(values);
    write(from, bytes);
  }

  private ByteBuffer bytes(DType given, long from, int count) {
    if (given != dtype) {
      throw new IllegalArgumentException("%s: %s, it holds %s".formatted(path, given, dtype));
    }
    if (from < 0 || count > size - from) {
      throw new IndexOutOfBoundsException(
          "%s: %d elements at %d, it holds %d".formatted(path, count, from, size));
    }
    return ByteBuffer.allocate(Math.multiplyExact(count, dtype.bytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(long from, ByteBuffer bytes) {
    guarded(
        path,
        () -> {
          writeFully(channel, bytes, header + dtype.bytes() * from);
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

  private static byte[] header(DType dtype, Shape shape) {
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("cannot fill an array of " + dtype);
    }
    return NpyHeader.write(dtype, shape);
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long at)
      throws IOException {
    long place = at;
    while (bytes.hasRemaining()) {
      place += channel.write(bytes, place);
    }
  }
}
