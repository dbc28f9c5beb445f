package io.attune.format;

import io.attune.InputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A safetensors file, mapped into memory: eight bytes of little-endian header length, a JSON
 * header, then the tensors' bytes. Files of any size can be opened; closing unmaps.
 */
public final class Safetensors implements TensorSource {
  private static final int LENGTH_BYTES = 8;

  private final String file;
  private final Arena arena;
  private final MemorySegment data;
  private final SafetensorsHeader header;
  private final SortedSet<String> names;

  private Safetensors(String file, Arena arena, MemorySegment all) {
    this.file = file;
    this.arena = arena;
    long size = all.byteSize();
    if (size < LENGTH_BYTES) {
      throw new InputException(
          "%s: %d bytes are too few for a safetensors file".formatted(file, size));
    }
    long length = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (length < 0 || length > SafetensorsHeader.LONGEST || length > size - LENGTH_BYTES) {
      throw new InputException(
          "%s: not a safetensors file or cut short: header of %s bytes in a file of %d (at most %d)"
              .formatted(file, Long.toUnsignedString(length), size, SafetensorsHeader.LONGEST));
    }
    byte[] json = all.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    this.data = all.asSlice(LENGTH_BYTES + length);
    this.header = SafetensorsHeader.parse(json, data.byteSize(), file);
    this.names = Collections.unmodifiableSortedSet(new TreeSet<>(header.tensors().keySet()));
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws InputException if it cannot be read, is not a valid safetensors file, or is a pickled
   *     PyTorch file (the message says how to convert it)
   */
  public static Safetensors open(Path path) {
    if (!Files.exists(path)) {
      throw new InputException("%s: no such file".formatted(path));
    }
    if (!Files.isRegularFile(path)) {
      throw new InputException("%s: not a file".formatted(path));
    }
    PickledWeights.refuse(path);
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new Safetensors(path.toString(), arena, all);
    } catch (NoSuchFileException e) {
      arena.close();
      throw new InputException("%s: no such file".formatted(path), e);
    } catch (IOException e) {
      arena.close();
      throw new InputException("%s: cannot read: %s".formatted(path, e.getMessage()), e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** A file that is already in memory. */
  static Safetensors of(String file, byte[] bytes) {
    Arena arena = Arena.ofShared();
    try {
      return new Safetensors(file, arena, MemorySegment.ofArray(bytes));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public String location() {
    return file;
  }

  @Override
  public SortedSet<String> names() {
    return names;
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableSortedMap(header.metadata());
  }

  @Override
  public TensorInfo info(String name) {
    return entry(name).info();
  }

  /** Where the tensor's bytes begin, counted from the header's end. */
  public long offset(String name) {
    return entry(name).begin();
  }

  @Override
  public void read(String name, long from, float[] into, int at, int count) {
    require(name, Elements.fitsFloats(info(name).dtype()), "floating numbers");
    decode(Elements::floats, name, from, into, at, count);
  }

  @Override
  public void readDoubles(String name, long from, double[] into, int at, int count) {
    require(name, Elements.fitsFloats(info(name).dtype()), "floating numbers");
    decode(Elements::doubles, name, from, into, at, count);
  }

  @Override
  public void readLongs(String name, long from, long[] into, int at, int count) {
    require(name, Elements.fitsLongs(info(name).dtype()), "whole numbers of at most 63 bits");
    decode(Elements::longs, name, from, into, at, count);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private <A> void decode(
      Elements.Decoder<A> decoder, String name, long from, A into, int at, int count) {
    SafetensorsHeader.Entry entry = entry(name);
    TensorInfo info = entry.info();
    Objects.checkFromIndexSize(from, count, info.size());
    Objects.checkFromIndexSize(at, count, Array.getLength(into));
    long begin = entry.begin() + from * info.dtype().bytes();
    decoder.decode(data, begin, info.dtype(), ByteOrder.LITTLE_ENDIAN, into, at, count);
  }

  private void require(String name, boolean holds, String expected) {
    if (!holds) {
      throw new InputException(
          "%s: tensor %s is %s, expected %s".formatted(file, name, info(name).dtype(), expected));
    }
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw new InputException(
          "%s: no tensor named %s among its %d".formatted(file, name, names.size()));
    }
    return entry;
  }
}
