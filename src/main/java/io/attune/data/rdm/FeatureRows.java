package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Feature rows of named conditions, once or once a fold.
 *
 * @param names of the rows; {@code row 1}, ... where the file has none
 * @param folds [folds, or 1][n][k]
 */
public record FeatureRows(List<String> names, double[][][] folds) {
  /**
   * Reads [n, k] or [folds, n, k] from {@code .npy}, HDF5, MATLAB or CSV.
   *
   * @param dataset of HDF5 or MATLAB files; null chooses
   * @param names file with a name a line, for a file that has none of its own; may be null
   * @throws InputException if it cannot be read or has another shape
   */
  public static FeatureRows read(Path file, String dataset, Path names) {
    try (ArrayFile array = ArrayFile.open(file, dataset, names)) {
      return of(file, array);
    }
  }

  private static FeatureRows of(Path file, ArrayFile array) {
    Shape shape = array.shape();
    if (shape.rank() != 2 && shape.rank() != 3 || shape.size() == 0) {
      throw new InputException(
          "%s: shape %s, expected features [n, k] or [folds, n, k]".formatted(file, shape));
    }
    int count = shape.rank() == 3 ? shape.dim(0) : 1;
    int n = shape.dim(shape.rank() - 2);
    int k = shape.dim(shape.rank() - 1);
    List<String> rows = array.names();
    if (rows.isEmpty()) {
      rows = IntStream.rangeClosed(1, n).mapToObj(i -> "row " + i).toList();
    } else if (rows.size() != n) {
      throw new InputException("%s: %d feature rows, but %d names".formatted(file, n, rows.size()));
    }
    double[] values = array.values();
    double[][][] folds = new double[count][n][];
    for (int f = 0; f < count; f++) {
      for (int i = 0; i < n; i++) {
        int from = (f * n + i) * k;
        folds[f][i] = Arrays.copyOfRange(values, from, from + k);
      }
    }
    return new FeatureRows(rows, folds);
  }
}
