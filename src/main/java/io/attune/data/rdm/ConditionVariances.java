package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How much noise each condition has, as rsatoolbox's diagonal sigma_k: from a vector in any file
 * that RDMs come in.
 */
public final class ConditionVariances {
  private final Path file;
  private final Map<String, Double> byName;

  private ConditionVariances(Path file, Map<String, Double> byName) {
    this.file = file;
    this.byName = byName;
  }

  /**
   * Reads a file. Without names of conditions its values are those of RDMs without names, row by
   * row.
   *
   * @throws InputException if it cannot be read, is no vector, or a name comes twice
   */
  public static ConditionVariances read(Path file) {
    try (ArrayFile array = ArrayFile.open(file, null, null)) {
      Shape shape = array.shape();
      int count = Math.toIntExact(shape.size());
      boolean vector =
          shape.rank() == 1 || shape.rank() == 2 && (shape.dim(0) == 1 || shape.dim(1) == 1);
      if (!vector || count == 0) {
        throw new InputException(
            "%s: shape %s, expected a vector of one variance for each condition"
                .formatted(file, shape));
      }
      List<String> names = array.names();
      if (names.isEmpty()) {
        names = IntStream.range(0, count).mapToObj(RdmFile::unnamed).toList();
      } else if (names.size() != count) {
        throw new InputException(
            "%s: %d variances, but %d names".formatted(file, count, names.size()));
      }
      double[] values = array.values();
      Map<String, Double> byName = new HashMap<>();
      for (int i = 0; i < count; i++) {
        if (!(values[i] > 0) || Double.isInfinite(values[i])) {
          throw new InputException(
              "%s: %s has variance %s, expected a number above 0"
                  .formatted(file, names.get(i), values[i]));
        }
        if (byName.put(names.get(i), values[i]) != null) {
          throw new InputException("%s: two variances of %s".formatted(file, names.get(i)));
        }
      }
      return new ConditionVariances(file, byName);
    }
  }

  /**
   * Those of some conditions, in their order.
   *
   * @throws InputException if one has none; the message counts and names them
   */
  public double[] of(List<String> conditions) {
    List<String> missing = conditions.stream().filter(name -> !byName.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "%s: no variance of %d of %d conditions, among them %s; names go into %s.names.txt or the first column of a .csv"
              .formatted(
                  file, missing.size(), conditions.size(), missing.getFirst(), file.getFileName()));
    }
    return conditions.stream().mapToDouble(byName::get).toArray();
  }
}
