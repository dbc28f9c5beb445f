package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.exceptions.HdfException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes an HDF5 file of float32, float64 and string datasets that h5py and MATLAB open. */
public final class Hdf5Writer {
  private final Map<String, Object> datasets = new LinkedHashMap<>();

  /** Adds a dataset of floats in row-major order, of one axis or more. */
  public Hdf5Writer dataset(String name, Shape shape, float[] values) {
    return add(name, shape, values, values.length, float.class);
  }

  /** Adds a dataset of doubles in row-major order, of one axis or more. */
  public Hdf5Writer dataset(String name, Shape shape, double[] values) {
    return add(name, shape, values, values.length, double.class);
  }

  /** Adds a list of strings, stored as UTF-8. */
  public Hdf5Writer strings(String name, List<String> values) {
    return put(name, values.toArray(String[]::new));
  }

  /**
   * Writes the file, all or nothing.
   *
   * @throws InputException if it cannot be written
   */
  public void write(Path target) {
    AtomicFile.writeByPath(
        target,
        path -> {
          try (WritableHdfFile file = HdfFile.write(path)) {
            datasets.forEach(file::putDataset);
          } catch (HdfException e) {
            throw new IOException(e.getMessage(), e);
          }
        });
  }

  private Hdf5Writer add(String name, Shape shape, Object values, int length, Class<?> type) {
    if (shape.size() != length || shape.rank() == 0 || length == 0) {
      throw new IllegalArgumentException(
          "dataset %s %s needs one axis or more and %d elements, at least one; %d were given"
              .formatted(name, shape, shape.size(), length));
    }
    int[] dims = new int[shape.rank()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = shape.dim(axis);
    }
    Object nested = Array.newInstance(type, dims);
    fill(nested, dims, 0, values, 0);
    return put(name, nested);
  }

  /** Fills arrays of arrays from one flat array; gives the place after the last element used. */
  private static int fill(Object into, int[] dims, int axis, Object flat, int from) {
    if (axis == dims.length - 1) {
      System.arraycopy(flat, from, into, 0, dims[axis]);
      return from + dims[axis];
    }
    int next = from;
    for (Object part : (Object[]) into) {
      next = fill(part, dims, axis + 1, flat, next);
    }
    return next;
  }

  private Hdf5Writer put(String name, Object data) {
    if (datasets.put(name, data) != null) {
      throw new IllegalArgumentException("dataset name " + name + " is taken");
    }
    return this;
  }
}
