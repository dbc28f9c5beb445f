package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Hdf5;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * RDMs of (participant, time, n, n) in a file that need not fit memory, read by bands of rows.
 * Three axes (time, n, n) are one participant's. Safe for use by several threads.
 */
public interface MegArray extends AutoCloseable {
  /**
   * Opens HDF5 (MATLAB 7.3 included) or {@code .npy}, told apart by content.
   *
   * @param dataset path of an HDF5 dataset; null takes {@code mat}, or the only one of a fitting
   *     shape
   * @throws InputException if the file is neither, or holds no such array
   */
  static MegArray open(Path file, String dataset) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s: %s".formatted(file, Files.exists(file) ? "not a file" : "no such file"));
    }
    if (Hdf5.isHdf5(file)) {
      return Hdf5MegArray.open(file, dataset);
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".mat")) {
      throw new InputException(
          file + ": not an HDF5 file; MATLAB saves one with -v7.3, else save the array as .npy");
    }
    if (name.endsWith(".h5") || name.endsWith(".hdf5")) {
      throw new InputException(file + ": not an HDF5 file");
    }
    if (dataset != null) {
      throw new InputException(
          "%s: not an HDF5 file, so it has no dataset %s".formatted(file, dataset));
    }
    return NpyMegArray.open(file);
  }

  /** Where it lies. */
  Path file();

  /** Name of the dataset; empty in a file that holds one array only. */
  String dataset();

  /** Extents as stored: three or four. */
  Shape shape();

  /** How many participants. */
  default int participants() {
    return shape().rank() == 3 ? 1 : shape().dim(0);
  }

  /** How many samples in time. */
  default int times() {
    return shape().dim(shape().rank() - 3);
  }

  /** How many conditions, n. */
  default int conditions() {
    return shape().dim(shape().rank() - 1);
  }

  /**
   * How many participants, times and rows are stored, and so decompressed, together. Reading is
   * quick if every band begins at multiples of these and covers them.
   */
  Block block();

  /** Extents of what is stored together; all columns are read in any case. */
  record Block(int participants, int times, int rows) {}

  /**
   * Reads rows.
   *
   * @return [participants, times, rows, n]
   * @throws InputException if the file cannot be read
   */
  double[] rows(int participant, int participants, int time, int times, int row, int rows);

  @Override
  void close();

  /** Asserts that extents are (participant, time, n, n) or (time, n, n). */
  static void requireShape(String where, Shape shape) {
    long[] dims = shape.dims();
    int rank = dims.length;
    boolean fits = fits(shape);
    if (!fits && rank == 4 && dims[0] == dims[1] && dims[2] != dims[3]) {
      throw new InputException(
          "%s: shape %s is the wrong way round, expected (participant, time, n, n); permute its axes"
              .formatted(where, shape));
    }
    if (!fits) {
      throw new InputException(
          "%s: shape %s, expected (participant, time, n, n) with n of 3 or more"
              .formatted(where, shape));
    }
  }

  /** Whether extents are those of RDMs over time. */
  static boolean fits(Shape shape) {
    long[] dims = shape.dims();
    int rank = dims.length;
    return (rank == 3 || rank == 4)
        && dims[rank - 1] == dims[rank - 2]
        && dims[rank - 1] >= 3
        && dims[rank - 1] <= 65_535
        && shape.size() > 0
        && dims[0] <= Integer.MAX_VALUE;
  }
}
