package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.function.IntFunction;

/**
 * A numpy array file ({@code .npy}, versions 1 to 3), mapped into memory. Elements are always given
 * in row-major order, whichever order the file has; slices along the first axis are read without
 * touching the rest.
 */
public final class Npy implements AutoCloseable {
  private final String file;
  private final Arena arena;
  private final NpyHeader header;
  private final MemorySegment data;

  private Npy(String file, Arena arena, MemorySegment all) {
    this.file = file;
    this.arena = arena;
    int start = 12;
    if (all.byteSize() < start || !startsWithMagic(all)) {
      throw new InputException("%s: not an npy file".formatted(file));
    }
    int version = all.get(ValueLayout.JAVA_BYTE, 6);
    if (version < 1 || version > 3 || all.get(ValueLayout.JAVA_BYTE, 7) != 0) {
      throw new InputException(
          "%s: npy version %d.%d, expected 1.0, 2.0 or 3.0"
              .formatted(file, version & 255, all.get(ValueLayout.JAVA_BYTE, 7) & 255));
    }
    long length;
    if (version == 1) {
      start = 10;
      length =
          Short.toUnsignedLong(
              all.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8));
    } else {
      length =
          Integer.toUnsignedLong(
              all.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8));
    }
    if (length > NpyHeader.LONGEST || length > all.byteSize() - start) {
      throw new InputException(
          "%s: header of %d bytes in a file of %d (at most %d are allowed)"
              .formatted(file, length, all.byteSize(), NpyHeader.LONGEST));
    }
    byte[] text = all.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
    this.header = NpyHeader.parse(new String(text, StandardCharsets.ISO_8859_1), file);
    this.data = all.asSlice(start + length);
    requireLength();
  }

  /**
   * Opens a file and checks its header against its length.
   *
   * @throws InputException if it cannot be read or is not a valid array of numbers
   */
  public static Npy open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new InputException(
          "%s: %s".formatted(path, Files.exists(path) ? "not a file" : "no such file"));
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new Npy(
          path.toString(),
          arena,
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException e) {
      arena.close();
      throw new InputException("%s: cannot read: %s".formatted(path, e.getMessage()), e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** An array file that is already in memory, such as an entry of an archive. */
  static Npy of(String file, byte[] bytes) {
    Arena arena = Arena.ofShared();
    try {
      return new Npy(file, arena, MemorySegment.ofArray(bytes));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  public DType dtype() {
    return header.dtype();
  }

  public Shape shape() {
    return header.shape();
  }

  /** Whether the file is in column-major order, which makes slices slower. */
  public boolean isFortranOrder() {
    return header.fortranOrder();
  }

  /** All elements as floats: F16 widened, F64 rounded. Whole numbers are an error. */
  public float[] readFloats() {
    return whole(float[]::new, Elements::floats, Elements.fitsFloats(dtype()), "floating numbers");
  }

  /** All elements as doubles. Whole numbers are an error. */
  public double[] readDoubles() {
    return whole(
        double[]::new, Elements::doubles, Elements.fitsFloats(dtype()), "floating numbers");
  }

  /** All elements as longs, booleans as 0 and 1. Floating numbers and U64 are an error. */
  public long[] readLongs() {
    return whole(long[]::new, Elements::longs, Elements.fitsLongs(dtype()), "whole numbers");
  }

  /**
   * Reads the slices {@code from} to {@code from + count} of the first axis into {@code into},
   * starting at {@code at}.
   */
  public void readFloats(long from, int count, float[] into, int at) {
    require(Elements.fitsFloats(dtype()), "floating numbers");
    slices(Elements::floats, from, count, into, at);
  }

  /** As {@link #readFloats(long, int, float[], int)}, exact for F64. */
  public void readDoubles(long from, int count, double[] into, int at) {
    require(Elements.fitsFloats(dtype()), "floating numbers");
    slices(Elements::doubles, from, count, into, at);
  }

  /** As {@link #readFloats(long, int, float[], int)}, for whole numbers. */
  public void readLongs(long from, int count, long[] into, int at) {
    require(Elements.fitsLongs(dtype()), "whole numbers");
    slices(Elements::longs, from, count, into, at);
  }

  /**
   * Reads a run of elements in row-major order, for slices of several leading axes.
   *
   * @throws InputException if the file is in column-major order, where they are not a run
   */
  public void readRun(long from, int count, double[] into, int at) {
    require(Elements.fitsFloats(dtype()), "floating numbers");
    if (header.fortranOrder() && shape().rank() > 1) {
      throw new InputException(
          "%s: is in Fortran order; save numpy.ascontiguousarray of it to read it in slices"
              .formatted(file));
    }
    Objects.checkFromIndexSize(from, count, shape().size());
    Objects.checkFromIndexSize(at, count, into.length);
    Elements.doubles(data, from * dtype().bytes(), dtype(), header.order(), into, at, count);
  }

  /**
   * Reads single elements of an F32 array in row-major order: element {@code base + offsets[i]}
   * becomes {@code into[at + i]}.
   */
  public void readAt(long base, int[] offsets, float[] into, int at) {
    require(dtype() == DType.F32 && !header.fortranOrder(), "F32 in row-major order");
    ValueLayout.OfFloat layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(header.order());
    for (int i = 0; i < offsets.length; i++) {
      into[at + i] = data.get(layout, Float.BYTES * (base + offsets[i]));
    }
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private <A> A whole(
      IntFunction<A> make, Elements.Decoder<A> decoder, boolean holds, String expected) {
    require(holds, expected);
    if (shape().size() > Integer.MAX_VALUE - 8) {
      throw new InputException(
          "%s: %d elements are more than an array holds; read it in slices"
              .formatted(file, shape().size()));
    }
    A into = make.apply((int) shape().size());
    if (shape().size() > 0) {
      slices(decoder, 0, shape().rank() == 0 ? 1 : shape().dim(0), into, 0);
    }
    return into;
  }

  private <A> void slices(Elements.Decoder<A> decoder, long from, int count, A into, int at) {
    long[] dims = shape().dims();
    long first = dims.length == 0 ? 1 : dims[0];
    Objects.checkFromIndexSize(from, count, first);
    if (shape().size() == 0) {
      return;
    }
    long each = shape().size() / first;
    int total = Math.toIntExact(Math.multiplyExact(each, (long) count));
    Objects.checkFromIndexSize(at, total, Array.getLength(into));
    int bytes = dtype().bytes();
    if (!header.fortranOrder() || dims.length < 2) {
      decoder.decode(data, from * each * bytes, dtype(), header.order(), into, at, total);
      return;
    }
    long[] index = new long[dims.length];
    for (int column = 0; column < each; column++) {
      long place = fortranPlace(dims, index);
      for (int row = 0; row < count; row++) {
        int to = Math.toIntExact(at + row * each + column);
        decoder.decode(data, (place + from + row) * bytes, dtype(), header.order(), into, to, 1);
      }
      next(dims, index);
    }
  }

  /** Position in column-major order of an index whose first entry is 0. */
  private static long fortranPlace(long[] dims, long[] index) {
    long place = 0;
    for (int axis = dims.length - 1; axis > 0; axis--) {
      place = place * dims[axis] + index[axis];
    }
    return place * dims[0];
  }

  /** The next index in row-major order over all axes but the first. */
  private static void next(long[] dims, long[] index) {
    for (int axis = dims.length - 1; axis > 0; axis--) {
      if (++index[axis] < dims[axis]) {
        return;
      }
      index[axis] = 0;
    }
  }

  private void requireLength() {
    long expected;
    try {
      expected = Math.multiplyExact(header.shape().size(), header.dtype().bytes());
    } catch (ArithmeticException e) {
      expected = Long.MAX_VALUE;
    }
    if (data.byteSize() != expected) {
      throw new InputException(
          "%s: shape %s of %s needs %d bytes of data, the file holds %d; it is %s"
              .formatted(
                  file,
                  header.shape(),
                  header.dtype(),
                  expected,
                  data.byteSize(),
                  data.byteSize() < expected ? "cut short" : "followed by other data"));
    }
  }

  private void require(boolean holds, String expected) {
    if (!holds) {
      throw new InputException(
          "%s: holds %s, expected %s".formatted(file, header.dtype(), expected));
    }
  }

  private static boolean startsWithMagic(MemorySegment all) {
    return all.asSlice(0, NpyHeader.MAGIC.length).mismatch(MemorySegment.ofArray(NpyHeader.MAGIC))
        < 0;
  }
}
