package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;

/**
 * Named tensors that can be read: a safetensors file, a sharded one, or either under other names.
 * Reading converts; nothing is read before it is asked for.
 */
public interface TensorSource extends AutoCloseable {
  /** What messages call it: the path of the file. */
  String location();

  /** The names of all tensors. */
  SortedSet<String> names();

  /** The file's free text entries; empty if it has none. */
  Map<String, String> metadata();

  /**
   * Type and shape of a tensor.
   *
   * @throws InputException if there is no tensor of that name
   */
  TensorInfo info(String name);

  /**
   * Reads elements {@code from} to {@code from + count} in row-major order into {@code into},
   * starting at {@code at}. F16 and BF16 are widened exactly, F64 is rounded to the nearest float.
   *
   * @throws InputException if there is no such tensor or it does not hold floating numbers
   * @throws IndexOutOfBoundsException if the range lies outside the tensor or the array
   */
  void read(String name, long from, float[] into, int at, int count);

  /** As {@link #read(String, long, float[], int, int)}, exact for F64 too. */
  void readDoubles(String name, long from, double[] into, int at, int count);

  /**
   * As {@link #read(String, long, float[], int, int)} for whole numbers; booleans are 0 and 1.
   *
   * @throws InputException if there is no such tensor or it holds floating numbers or U64
   */
  void readLongs(String name, long from, long[] into, int at, int count);

  @Override
  void close();

  default boolean contains(String name) {
    return names().contains(name);
  }

  /** The whole tensor as floats. */
  default float[] read(String name) {
    float[] values = new float[arrayLength(name)];
    read(name, 0, values, 0, values.length);
    return values;
  }

  /** The whole tensor as doubles. */
  default double[] readDoubles(String name) {
    double[] values = new double[arrayLength(name)];
    readDoubles(name, 0, values, 0, values.length);
    return values;
  }

  /** The whole tensor as longs. */
  default long[] readLongs(String name) {
    long[] values = new long[arrayLength(name)];
    readLongs(name, 0, values, 0, values.length);
    return values;
  }

  /** The whole tensor as ints; a number outside their range is an error. */
  default int[] readInts(String name) {
    long[] wide = readLongs(name);
    int[] values = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      values[i] = (int) wide[i];
      if (values[i] != wide[i]) {
        throw new InputException(
            "%s: tensor %s holds %d at element %d, beyond 32 bits"
                .formatted(location(), name, wide[i], i));
      }
    }
    return values;
  }

  /**
   * Asserts a tensor's shape.
   *
   * @throws InputException if the tensor is missing or its shape differs
   */
  default TensorInfo require(String name, Shape expected) {
    TensorInfo info = info(name);
    if (!info.shape().equals(expected)) {
      throw new InputException(
          "%s: tensor %s has shape %s, expected %s"
              .formatted(location(), name, info.shape(), expected));
    }
    return info;
  }

  private int arrayLength(String name) {
    long size = info(name).size();
    if (size > Integer.MAX_VALUE - 8) {
      throw new InputException(
          "%s: tensor %s has %d elements, more than an array holds; read it in parts"
              .formatted(location(), name, size));
    }
    return (int) size;
  }

  /**
   * Opens a safetensors file, an index of shards ({@code *.index.json}), or the folder of a model,
   * where {@code model.safetensors} is preferred to {@code model.safetensors.index.json}.
   *
   * @throws InputException if there is nothing to read, or only pickled files
   */
  static TensorSource open(Path path) {
    if (!Files.isDirectory(path)) {
      return path.getFileName().toString().endsWith(".index.json")
          ? ShardedSafetensors.open(path)
          : Safetensors.open(path);
    }
    Path single = path.resolve("model.safetensors");
    if (Files.exists(single)) {
      return Safetensors.open(single);
    }
    Path index = path.resolve("model.safetensors.index.json");
    if (Files.exists(index)) {
      return ShardedSafetensors.open(index);
    }
    PickledWeights.refuseIn(path);
    throw new InputException(
        "%s: no weights here; expected model.safetensors or model.safetensors.index.json"
            .formatted(path));
  }
}
