package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.exceptions.HdfException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * An HDF5 file, MATLAB 7.3 files included: datasets of numbers, whole or by slices, and of strings.
 * Datasets are named by their path, such as {@code group/mat}. Slices should cover whole chunks: a
 * chunk is decompressed again for each slice that touches it.
 */
public final class Hdf5 implements AutoCloseable {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private final Path path;
  private final HdfFile file;

  private Hdf5(Path path, HdfFile file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens a file.
   *
   * @throws InputException if it is missing, not HDF5, or shorter than its superblock says
   */
  public static Hdf5 open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new InputException(
          "%s: %s".formatted(path, Files.exists(path) ? "not a file" : "no such file"));
    }
    if (!isHdf5(path)) {
      throw new InputException("%s: not an HDF5 file".formatted(path));
    }
    requireWhole(path);
    try {
      return new Hdf5(path, new HdfFile(path));
    } catch (RuntimeException e) {
      throw new InputException("%s: unreadable HDF5: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Tells a broken download before anything is read: the superblock holds where the file ends. */
  private static void requireWhole(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      OptionalLong end = Hdf5Superblock.endOfFile(channel, signature(channel));
      if (end.isPresent() && channel.size() < end.getAsLong()) {
        throw new InputException(
            "%s: cut short: %d of %d bytes; get the file again"
                .formatted(path, channel.size(), end.getAsLong()));
      }
    } catch (IOException e) {
      throw InputException.unreadable(path, e);
    }
  }

  /** Whether HDF5's signature stands at the start or behind a user block of 512 bytes or more. */
  public static boolean isHdf5(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return signature(channel) >= 0;
    } catch (IOException e) {
      throw new InputException("%s: cannot read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Where the signature stands, or -1. */
  private static long signature(FileChannel channel) throws IOException {
    for (long at = 0; at < channel.size(); at = at == 0 ? 512 : 2 * at) {
      ByteBuffer head = ByteBuffer.allocate(SIGNATURE.length);
      channel.read(head, at);
      if (Arrays.equals(head.array(), SIGNATURE)) {
        return at;
      }
    }
    return -1;
  }

  /** The paths of all datasets, links aside. */
  public SortedSet<String> datasets() {
    SortedSet<String> names = new TreeSet<>();
    read("/", () -> collect(file, names));
    return names;
  }

  /** The extents of a dataset. */
  public Shape shape(String name) {
    return Shape.of(Arrays.stream(dataset(name).getDimensions()).asLongStream().toArray());
  }

  /** The extents of a dataset's chunks, each compressed by itself; empty if it has none. */
  public Optional<int[]> chunks(String name) {
    return dataset(name) instanceof ChunkedDataset chunked
        ? Optional.of(chunked.getChunkDimensions().clone())
        : Optional.empty();
  }

  /** The whole dataset in row-major order; whole numbers are converted. */
  public double[] readDoubles(String name) {
    double[] values = new double[wholeSize(name)];
    flatten(name, read(name, dataset(name)::getDataFlat), values, 0);
    return values;
  }

  /** As {@link #readDoubles(String)}, rounded to floats. */
  public float[] readFloats(String name) {
    int size = wholeSize(name);
    Object data = read(name, dataset(name)::getDataFlat);
    if (data instanceof float[] values) {
      return values;
    }
    double[] wide = new double[size];
    flatten(name, data, wide, 0);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  /** The block of {@code counts} elements an axis that begins at {@code from}, row-major. */
  public double[] readDoubles(String name, long[] from, int[] counts) {
    long[] dims = shape(name).dims();
    boolean isInside = from.length == dims.length && counts.length == dims.length;
    for (int axis = 0; isInside && axis < dims.length; axis++) {
      isInside = from[axis] >= 0 && counts[axis] > 0 && from[axis] <= dims[axis] - counts[axis];
    }
    if (!isInside) {
      throw new IndexOutOfBoundsException(
          "%s: block of %s at %s lies outside dataset %s %s"
              .formatted(path, Arrays.toString(counts), Arrays.toString(from), name, shape(name)));
    }
    long size = 1;
    for (int count : counts) {
      size = Math.multiplyExact(size, count);
    }
    double[] values = new double[Math.toIntExact(size)];
    flatten(name, read(name, () -> dataset(name).getData(from, counts)), values, 0);
    return values;
  }

  /** Whether a dataset holds strings. */
  public boolean isStrings(String name) {
    return dataset(name).getJavaType() == String.class;
  }

  /** A dataset of strings, in row-major order. */
  public List<String> readStrings(String name) {
    Object data = read(name, dataset(name)::getDataFlat);
    if (data instanceof String one) {
      return List.of(one);
    }
    if (!(data instanceof Object[] array)
        || !Arrays.stream(array).allMatch(String.class::isInstance)) {
      throw new InputException("%s: dataset %s does not hold strings".formatted(path, name));
    }
    return new ArrayList<>(Arrays.stream(array).map(String.class::cast).toList());
  }

  @Override
  public void close() {
    file.close();
  }

  private Void collect(Group group, SortedSet<String> names) {
    for (Node node : group.getChildren().values()) {
      if (node instanceof Group child && !node.isLink()) {
        collect(child, names);
      } else if (node instanceof Dataset && !node.isLink()) {
        names.add(node.getPath().substring(1));
      }
    }
    return null;
  }

  private Dataset dataset(String name) {
    Node node;
    try {
      node = file.getByPath(name);
    } catch (HdfException e) {
      throw new InputException("%s: no dataset %s; it has %s".formatted(path, name, datasets()), e);
    }
    if (!(node instanceof Dataset dataset)) {
      throw new InputException("%s: %s is not a dataset".formatted(path, name));
    }
    return dataset;
  }

  private int wholeSize(String name) {
    long size = shape(name).size();
    if (size > Integer.MAX_VALUE - 8) {
      throw new InputException(
          "%s: dataset %s %s is more than an array holds; read it in slices"
              .formatted(path, name, shape(name)));
    }
    return (int) size;
  }

  private <T> T read(String name, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (InputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new InputException(
          "%s: dataset %s cannot be read: %s".formatted(path, name, e.getMessage()), e);
    }
  }

  /** Copies numbers from arrays of arrays of any numeric type; gives the next free place. */
  private int flatten(String name, Object data, double[] into, int at) {
    int next = at;
    switch (data) {
      case double[] values -> {
        System.arraycopy(values, 0, into, next, values.length);
        next += values.length;
      }
      case float[] values -> {
        for (float value : values) {
          into[next++] = value;
        }
      }
      case Object[] values when !(values instanceof Number[]) -> {
        for (Object value : values) {
          next = flatten(name, value, into, next);
        }
      }
      case Number value -> into[next++] = value.doubleValue();
      case Boolean value -> into[next++] = value ? 1 : 0;
      case Object values when values.getClass().isArray() -> {
        for (int i = 0; i < Array.getLength(values); i++) {
          into[next++] =
              switch (Array.get(values, i)) {
                case Boolean value -> value ? 1 : 0;
                case BigInteger value -> value.doubleValue();
                case Number value -> value.doubleValue();
                case Object other -> throw notNumbers(name, other);
              };
        }
      }
      case Object other -> throw notNumbers(name, other);
    }
    return next;
  }

  private InputException notNumbers(String name, Object found) {
    return new InputException(
        "%s: dataset %s holds %s, expected numbers"
            .formatted(path, name, found.getClass().getSimpleName()));
  }
}
