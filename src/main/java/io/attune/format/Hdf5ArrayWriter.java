package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes an HDF5 file of one float32 or float64 array piece by piece, for arrays larger than
 * memory. Only {@link #commit} after the last element makes the file appear. {@link Hdf5Writer}
 * writes several data sets that are in memory.
 *
 * <p>The file has a superblock of version 2, a root group with one link, and a contiguous data set:
 * what h5py's {@code libver="latest"} would write. Names of sections as in the HDF5 file format
 * specification, version 3.0.
 */
public final class Hdf5ArrayWriter implements AutoCloseable {
  private static final long UNDEFINED = -1;
  private static final int SUPERBLOCK = 48;
  private static final int DATA = 512;
  private static final int CHUNK = 1 << 13;

  private final AtomicFile file;
  private final Path target;
  private final DType dtype;
  private final long size;
  private final byte[] bytes = new byte[CHUNK * Double.BYTES];
  private final MemorySegment chunk = MemorySegment.ofArray(bytes);
  private long written;

  private Hdf5ArrayWriter(AtomicFile file, Path target, DType dtype, long size) {
    this.file = file;
    this.target = target;
    this.dtype = dtype;
    this.size = size;
  }

  /**
   * Begins a file.
   *
   * @param name of the array, plain letters
   * @param dtype F32 or F64
   * @param shape one to eight axes, none empty
   */
  public static Hdf5ArrayWriter create(Path target, String name, DType dtype, Shape shape) {
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("%s: expected F32 or F64".formatted(dtype));
    }
    if (!name.matches("\\w{1,32}") || shape.rank() < 1 || shape.rank() > 8 || shape.size() == 0) {
      throw new IllegalArgumentException("cannot name %s an array %s".formatted(name, shape));
    }
    AtomicFile file = AtomicFile.create(target);
    try {
      file.stream().write(header(name, dtype, shape));
    } catch (IOException e) {
      file.close();
      throw new InputException("cannot write %s: %s".formatted(target, e.getMessage()), e);
    }
    return new Hdf5ArrayWriter(file, target, dtype, shape.size());
  }

  /** Stores elements {@code at} to {@code at + count} of an array at the start of the chunk. */
  @FunctionalInterface
  private interface Encoder {
    void store(int at, int count);
  }

  /** Appends elements of an F64 array in row-major order. */
  public void append(double[] values, int from, int count) {
    append(DType.F64, from, count, (at, n) -> Elements.store(values, at, n, chunk));
  }

  /** Appends elements of an F32 array in row-major order. */
  public void append(float[] values, int from, int count) {
    append(DType.F32, from, count, (at, n) -> Elements.store(values, at, n, DType.F32, chunk));
  }

  private void append(DType type, int from, int count, Encoder encoder) {
    if (type != dtype) {
      throw new IllegalArgumentException(
          "%s: %s for an array of %s".formatted(target, type, dtype));
    }
    if (written + count > size) {
      throw new IllegalArgumentException(
          "%s: %d elements are more than %d".formatted(target, written + count, size));
    }
    try {
      for (int done = 0; done < count; done += CHUNK) {
        int n = Math.min(CHUNK, count - done);
        encoder.store(from + done, n);
        file.stream().write(bytes, 0, n * dtype.bytes());
      }
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(target, e.getMessage()), e);
    }
    written += count;
  }

  /**
   * Makes the file appear.
   *
   * @throws IllegalStateException if elements are missing
   */
  public void commit() {
    if (written != size) {
      throw new IllegalStateException(
          "%s: %d of %d elements were written".formatted(target, written, size));
    }
    file.commit();
  }

  /** Drops the file unless it was committed. */
  @Override
  public void close() {
    file.close();
  }

  private static byte[] header(String name, DType dtype, Shape shape) {
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    int rootSize = root(name, 0).length; // whatever the address
    byte[] root = root(name, SUPERBLOCK + rootSize);
    byte[] array =
        objectHeader(
            message(1, dataspace(shape)),
            message(3, floatingPoint(dtype)),
            message(5, new byte[] {3, 0x0a}), // fill value: allocated late, none defined
            message(8, contiguous(bytes)));
    ByteBuffer all = little(DATA);
    all.put(superblock(DATA + bytes));
    all.put(root).put(array);
    return all.array();
  }

  /** The root group, whose only link leads to the array's object header. */
  private static byte[] root(String name, long address) {
    return objectHeader(linkInfo(), groupInfo(), message(6, link(name, address)));
  }

  /** Version 2: offsets and lengths of 8 bytes, the root group right behind. */
  private static byte[] superblock(long end) {
    ByteBuffer block = little(SUPERBLOCK);
    block.put(new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 2, 8, 8, 0});
    block.putLong(0).putLong(UNDEFINED).putLong(end).putLong(SUPERBLOCK);
    block.putInt(Lookup3.of(block.array(), 0, SUPERBLOCK - 4));
    return block.array();
  }

  /** Version 2, with a size of one byte for its only block of messages. */
  private static byte[] objectHeader(byte[]... messages) {
    int length = Arrays.stream(messages).mapToInt(message -> message.length).sum();
    ByteBuffer block = little(7 + length + 4);
    block.put("OHDR".getBytes(StandardCharsets.US_ASCII)).put((byte) 2).put((byte) 0);
    block.put((byte) length);
    for (byte[] message : messages) {
      block.put(message);
    }
    block.putInt(Lookup3.of(block.array(), 0, 7 + length));
    return block.array();
  }

  private static byte[] message(int type, byte[] body) {
    return little(4 + body.length)
        .put((byte) type)
        .putShort((short) body.length)
        .put((byte) 0)
        .put(body)
        .array();
  }

  private static byte[] linkInfo() {
    return message(
        2, little(18).put((byte) 0).put((byte) 0).putLong(UNDEFINED).putLong(UNDEFINED).array());
  }

  private static byte[] groupInfo() {
    return message(10, new byte[] {0, 0});
  }

  /** A hard link whose name is shorter than 256 bytes. */
  private static byte[] link(String name, long address) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    return little(3 + ascii.length + 8)
        .put((byte) 1)
        .put((byte) 0)
        .put((byte) ascii.length)
        .put(ascii)
        .putLong(address)
        .array();
  }

  private static byte[] dataspace(Shape shape) {
    ByteBuffer body = little(4 + 8 * shape.rank());
    body.put((byte) 2).put((byte) shape.rank()).put((byte) 0).put((byte) 1);
    for (long dim : shape.dims()) {
      body.putLong(dim);
    }
    return body.array();
  }

  /**
   * IEEE 754, little-endian. Of 32 bits: sign at bit 31, 8 bits of exponent at 23, bias 127. Of 64
   * bits: sign at bit 63, 11 bits of exponent at 52, bias 1023.
   */
  private static byte[] floatingPoint(DType dtype) {
    boolean single = dtype == DType.F32;
    int mantissa = single ? 23 : 52;
    int exponent = single ? 8 : 11;
    return little(20)
        .put(new byte[] {0x11, 0x20, (byte) (mantissa + exponent), 0})
        .putInt(dtype.bytes())
        .putShort((short) 0)
        .putShort((short) (8 * dtype.bytes()))
        .put(new byte[] {(byte) mantissa, (byte) exponent, 0, (byte) mantissa})
        .putInt((1 << (exponent - 1)) - 1)
        .array();
  }

  private static byte[] contiguous(long bytes) {
    return little(18).put((byte) 3).put((byte) 1).putLong(DATA).putLong(bytes).array();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
