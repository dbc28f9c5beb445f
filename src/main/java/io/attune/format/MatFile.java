package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.format.Mat5File;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.Cell;
import us.hebi.matlab.mat.types.Char;
import us.hebi.matlab.mat.types.Matrix;

/**
 * A MATLAB file: numeric arrays and lists of strings. Level 5 files (MATLAB 5 to 7) are read whole;
 * a 7.3 file is HDF5 underneath and its numeric arrays are read as such, with the axes in MATLAB's
 * order. Arrays too large for memory are for {@link Hdf5}, by slices.
 */
public final class MatFile implements AutoCloseable {
  private final Path path;
  private final Mat5File source;
  private final boolean isHdf5;
  private final SortedMap<String, Array> level5 = new TreeMap<>();

  private MatFile(Path path, Mat5File source) {
    this.path = path;
    this.source = source;
    this.isHdf5 = source == null;
    if (source != null) {
      source.getEntries().forEach(entry -> level5.put(entry.getName(), entry.getValue()));
    }
  }

  /**
   * Opens a file of either kind.
   *
   * @throws InputException if it is neither
   */
  public static MatFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new InputException(
          "%s: %s".formatted(path, Files.exists(path) ? "not a file" : "no such file"));
    }
    if (Hdf5.isHdf5(path)) {
      return new MatFile(path, null);
    }
    try {
      return new MatFile(path, Mat5.readFromFile(path.toFile()));
    } catch (IOException | RuntimeException e) {
      throw new InputException(
          "%s: not a readable MATLAB file: %s"
              .formatted(path, isEnd(e) ? "it is cut short" : reason(e)),
          e);
    }
  }

  /** What went wrong at the bottom of it, in words. */
  private static String reason(Throwable e) {
    return e.getCause() == null ? e.getMessage() : reason(e.getCause());
  }

  private static boolean isEnd(Exception e) {
    return e instanceof EOFException || e.getCause() instanceof EOFException;
  }

  /** The names of all variables. */
  public SortedSet<String> names() {
    if (isHdf5) {
      try (Hdf5 file = Hdf5.open(path)) {
        return file.datasets();
      }
    }
    return new TreeSet<>(level5.keySet());
  }

  /**
   * Reads a numeric variable.
   *
   * @throws InputException if it is missing, not numeric, or complex
   */
  public NumericArray numbers(String name) {
    if (isHdf5) {
      try (Hdf5 file = Hdf5.open(path)) {
        long[] stored = file.shape(name).dims();
        long[] dims = new long[stored.length];
        for (int axis = 0; axis < dims.length; axis++) {
          dims[axis] = stored[dims.length - 1 - axis];
        }
        return NumericArray.fromColumnMajor(Shape.of(dims), file.readDoubles(name));
      }
    }
    if (!(variable(name) instanceof Matrix matrix) || matrix.isComplex()) {
      throw new InputException(
          "%s: variable %s is %s, expected real numbers"
              .formatted(path, name, variable(name).getType()));
    }
    long[] dims = new long[matrix.getDimensions().length];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = matrix.getDimensions()[axis];
    }
    double[] values = new double[matrix.getNumElements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getDouble(i);
    }
    return NumericArray.fromColumnMajor(Shape.of(dims), values);
  }

  /**
   * Reads a cell array of strings, or the rows of a character array (without trailing blanks), in
   * MATLAB's order of elements.
   *
   * @throws InputException if the variable is missing or holds anything else
   */
  public List<String> strings(String name) {
    if (isHdf5) {
      throw new InputException(
          "%s: the strings of a MATLAB 7.3 file are not read; save %s with save(..., '-v7')"
              .formatted(path, name));
    }
    List<String> strings = new ArrayList<>();
    switch (variable(name)) {
      case Cell cell -> {
        for (int i = 0; i < cell.getNumElements(); i++) {
          if (!(cell.get(i) instanceof Char text)) {
            throw new InputException(
                "%s: element %d of cell array %s is not a string".formatted(path, i + 1, name));
          }
          strings.add(text.getNumElements() == 0 ? "" : text.getString());
        }
      }
      case Char text -> {
        for (int row = 0; row < text.getNumRows(); row++) {
          strings.add(text.getRow(row).stripTrailing());
        }
      }
      case Array other ->
          throw new InputException(
              "%s: variable %s is %s, expected strings".formatted(path, name, other.getType()));
    }
    return strings;
  }

  /** Frees the file's buffers. */
  @Override
  public void close() {
    try {
      if (source != null) {
        source.close();
      }
    } catch (IOException e) {
      throw new InputException("%s: cannot close: %s".formatted(path, e.getMessage()), e);
    }
  }

  private Array variable(String name) {
    Array array = level5.get(name);
    if (array == null) {
      throw new InputException(
          "%s: no variable %s; it has %s".formatted(path, name, level5.keySet()));
    }
    return array;
  }
}
