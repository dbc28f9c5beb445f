package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Writes a {@code .npy} file of version 1.0 in row-major order, as a whole or piece by piece. Only
 * {@link #commit} after the last element makes the file appear.
 */
public final class NpyWriter implements AutoCloseable {
  private static final int CHUNK = 1 << 13;

  private final AtomicFile file;
  private final Path target;
  private final OutputStream out;
  private final DType dtype;
  private final Shape shape;
  private final byte[] bytes = new byte[CHUNK * Long.BYTES];
  private final MemorySegment chunk = MemorySegment.ofArray(bytes);
  private long written;

  private NpyWriter(AtomicFile file, Path target, OutputStream out, DType dtype, Shape shape) {
    this.file = file;
    this.target = target;
    this.out = out;
    this.dtype = dtype;
    this.shape = shape;
  }

  /** Stores elements {@code at} to {@code at + count} of an array at the start of the chunk. */
  @FunctionalInterface
  private interface Encoder {
    void store(int at, int count);
  }

  /** Begins a file of {@code shape.size()} elements of any type but BF16. */
  public static NpyWriter create(Path target, DType dtype, Shape shape) {
    byte[] header = NpyHeader.write(dtype, shape);
    AtomicFile file = AtomicFile.create(target);
    try {
      file.stream().write(header);
    } catch (IOException e) {
      file.close();
      throw new InputException("cannot write %s: %s".formatted(target, e.getMessage()), e);
    }
    return new NpyWriter(file, target, file.stream(), dtype, shape);
  }

  /** Writes an F32 entry of an archive; the stream stays open. */
  static void writeTo(OutputStream out, String name, Shape shape, float[] values)
      throws IOException {
    entry(out, name, DType.F32, shape, values.length).append(values, 0, values.length);
  }

  /** Writes an F64 entry of an archive; the stream stays open. */
  static void writeTo(OutputStream out, String name, Shape shape, double[] values)
      throws IOException {
    entry(out, name, DType.F64, shape, values.length).append(values, 0, values.length);
  }

  /** Writes an I64 entry of an archive; the stream stays open. */
  static void writeTo(OutputStream out, String name, Shape shape, long[] values)
      throws IOException {
    entry(out, name, DType.I64, shape, values.length).append(values, 0, values.length);
  }

  private static NpyWriter entry(
      OutputStream out, String name, DType dtype, Shape shape, int length) throws IOException {
    if (shape.size() != length) {
      throw new IllegalArgumentException(
          "array %s %s needs %d elements, %d were given"
              .formatted(name, shape, shape.size(), length));
    }
    out.write(NpyHeader.write(dtype, shape));
    return new NpyWriter(null, Path.of(name), out, dtype, shape);
  }

  /** Appends floats, stored as the file's floating type. */
  public void append(float[] values, int from, int count) {
    append(from, count, (at, n) -> Elements.store(values, at, n, dtype, chunk));
  }

  /** Appends doubles to an F64 file. */
  public void append(double[] values, int from, int count) {
    if (dtype != DType.F64) {
      throw new IllegalArgumentException("doubles cannot be stored as " + dtype);
    }
    append(from, count, (at, n) -> Elements.store(values, at, n, chunk));
  }

  /** Appends whole numbers; one that does not fit the file's type is an error. */
  public void append(long[] values, int from, int count) {
    append(from, count, (at, n) -> Elements.store(values, at, n, dtype, chunk));
  }

  /**
   * Makes the file appear.
   *
   * @throws IllegalStateException if elements are missing
   */
  public void commit() {
    if (written != shape.size()) {
      throw new IllegalStateException(
          "%s: %d of %d elements were written".formatted(target, written, shape.size()));
    }
    file.commit();
  }

  /** Drops the file unless it was committed. */
  @Override
  public void close() {
    file.close();
  }

  /** Writes a whole F32 array. */
  public static void write(Path target, Shape shape, float[] values) {
    try (NpyWriter writer = create(target, DType.F32, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  /** Writes a whole F64 array. */
  public static void write(Path target, Shape shape, double[] values) {
    try (NpyWriter writer = create(target, DType.F64, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  /** Writes a whole I64 array. */
  public static void write(Path target, Shape shape, long[] values) {
    try (NpyWriter writer = create(target, DType.I64, shape)) {
      writer.append(values, 0, values.length);
      writer.commit();
    }
  }

  private void append(int from, int count, Encoder encoder) {
    if (written + count > shape.size()) {
      throw new IllegalArgumentException(
          "%s: %d elements are more than shape %s holds".formatted(target, written + count, shape));
    }
    try {
      for (int done = 0; done < count; done += CHUNK) {
        int n = Math.min(CHUNK, count - done);
        encoder.store(from + done, n);
        out.write(bytes, 0, n * dtype.bytes());
      }
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(target, e.getMessage()), e);
    }
    written += count;
  }
}
