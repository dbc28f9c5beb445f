package io.attune.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes a safetensors file. Tensors are announced first and their elements asked for while the
 * file is written, in parts, so that a model need not be held twice. The same tensors always give
 * the same bytes: wide types come first, then the order of names, as the format's own library does.
 */
public final class SafetensorsWriter {
  private static final int CHUNK = 1 << 16;
  private static final int ALIGNMENT = 8;

  private final SortedMap<String, String> metadata = new TreeMap<>();
  private final SortedMap<String, Planned> tensors = new TreeMap<>();

  /** What sources fill, one part of one tensor at a time. */
  private final float[] part = new float[CHUNK];

  /** Gives floats of a tensor when they are to be written. */
  @FunctionalInterface
  public interface FloatSource {
    /** Fills {@code into} from index 0 with elements {@code from} to {@code from + count}. */
    void read(long from, float[] into, int count);
  }

  /** Stores elements {@code from} to {@code from + count} at the start of a chunk. */
  @FunctionalInterface
  private interface Encoder {
    void store(long from, int count, MemorySegment chunk);
  }

  private record Planned(TensorInfo info, Encoder encoder) {}

  /** Adds an entry of {@code __metadata__}. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /** Adds a tensor whose floats are stored as F32, F16, BF16 or F64 and asked for in parts. */
  public SafetensorsWriter tensor(String name, DType dtype, Shape shape, FloatSource source) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException("floats cannot be stored as " + dtype);
    }
    return add(
        name,
        dtype,
        shape,
        shape.size(),
        (from, count, chunk) -> {
          source.read(from, part, count);
          Elements.store(part, 0, count, dtype, chunk);
        });
  }

  /** Adds a tensor of these floats, stored as F32, F16, BF16 or F64. */
  public SafetensorsWriter tensor(String name, DType dtype, Shape shape, float[] values) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException("floats cannot be stored as " + dtype);
    }
    return add(
        name,
        dtype,
        shape,
        values.length,
        (from, count, chunk) -> Elements.store(values, (int) from, count, dtype, chunk));
  }

  /** Adds a tensor of these floats, stored as F32. */
  public SafetensorsWriter tensor(String name, Shape shape, float[] values) {
    return tensor(name, DType.F32, shape, values);
  }

  /** Adds a tensor of these doubles, stored as F64. */
  public SafetensorsWriter tensor(String name, Shape shape, double[] values) {
    return add(
        name,
        DType.F64,
        shape,
        values.length,
        (from, count, chunk) -> Elements.store(values, (int) from, count, chunk));
  }

  /**
   * Adds a tensor of these whole numbers, stored as any type of whole numbers but U64.
   *
   * @throws IllegalArgumentException on writing, if a number does not fit the type
   */
  public SafetensorsWriter tensor(String name, DType dtype, Shape shape, long[] values) {
    if (!Elements.fitsLongs(dtype)) {
      throw new IllegalArgumentException("whole numbers cannot be stored as " + dtype);
    }
    return add(
        name,
        dtype,
        shape,
        values.length,
        (from, count, chunk) -> Elements.store(values, (int) from, count, dtype, chunk));
  }

  /** Adds a tensor of another file, converted to a floating type or kept as whole numbers. */
  public SafetensorsWriter tensor(TensorSource source, String name, DType dtype) {
    TensorInfo info = source.info(name);
    if (info.dtype().isFloating() && dtype.isFloating()) {
      return tensor(
          name,
          dtype,
          info.shape(),
          (from, into, count) -> source.read(name, from, into, 0, count));
    }
    return tensor(name, dtype, info.shape(), source.readLongs(name));
  }

  /**
   * Writes the file, all or nothing.
   *
   * @throws InputException if it cannot be written
   */
  public void write(Path target) {
    List<Planned> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparing((Planned tensor) -> -tensor.info().dtype().bytes()));
    AtomicFile.write(
        target,
        out -> {
          byte[] header = header(ordered);
          out.write(
              ByteBuffer.allocate(Long.BYTES)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(header.length)
                  .array());
          out.write(header);
          byte[] bytes = new byte[CHUNK * Long.BYTES];
          for (Planned tensor : ordered) {
            writeElements(tensor, bytes, out);
          }
        });
  }

  private static void writeElements(Planned tensor, byte[] bytes, OutputStream out)
      throws IOException {
    MemorySegment chunk = MemorySegment.ofArray(bytes);
    long size = tensor.info().size();
    for (long from = 0; from < size; from += CHUNK) {
      int count = (int) Math.min(CHUNK, size - from);
      tensor.encoder().store(from, count, chunk);
      out.write(bytes, 0, count * tensor.info().dtype().bytes());
    }
  }

  private byte[] header(List<Planned> ordered) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA);
        for (var entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long begin = 0;
      for (Planned tensor : ordered) {
        TensorInfo info = tensor.info();
        long end = Math.addExact(begin, info.bytes());
        json.writeObjectFieldStart(info.name());
        json.writeStringField("dtype", info.dtype().name());
        long[] dims = info.shape().dims();
        json.writeFieldName("shape");
        json.writeArray(dims, 0, dims.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, end}, 0, 2);
        json.writeEndObject();
        begin = end;
      }
      json.writeEndObject();
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private SafetensorsWriter add(
      String name, DType dtype, Shape shape, long length, Encoder encoder) {
    if (shape.size() != length) {
      throw new IllegalArgumentException(
          "tensor %s %s needs %d elements, %d were given"
              .formatted(name, shape, shape.size(), length));
    }
    if (name.equals(SafetensorsHeader.METADATA)
        || tensors.put(name, new Planned(new TensorInfo(name, dtype, shape), encoder)) != null) {
      throw new IllegalArgumentException("tensor name " + name + " is taken");
    }
    return this;
  }
}
