package io.attune.rsa;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A representational dissimilarity matrix over named conditions: symmetric, zero on the diagonal,
 * kept as its upper triangle row by row, (0,1), (0,2), ..., (1,2), ..., in double precision.
 * Immutable. NaN marks a dissimilarity that is not defined.
 */
public final class Rdm {
  private final List<String> names;
  private final double[] condensed;

  private Rdm(List<String> names, double[] condensed) {
    this.names = List.copyOf(names);
    this.condensed = condensed;
    indexOf(this.names);
  }

  /**
   * From the upper triangle.
   *
   * @param condensed n (n - 1) / 2 values, row by row; copied
   * @throws InputException if the length does not fit the names, or a name is given twice
   */
  public static Rdm ofCondensed(List<String> names, double[] condensed) {
    if (condensed.length != pairs(names.size())) {
      throw new InputException(
          "RDM of %d conditions: expected %d pairs, found %d"
              .formatted(names.size(), pairs(names.size()), condensed.length));
    }
    return new Rdm(names, condensed.clone());
  }

  /**
   * From a full matrix, whose diagonal (0 or NaN) is not kept.
   *
   * @param square n x n, symmetric to 1e-6 of its largest entry
   * @param offDiagonal what becomes of NaN off the diagonal; DROP keeps it, to be left out by
   *     comparisons
   * @throws InputException if it is not square or not symmetric, or under ERROR holds a NaN off the
   *     diagonal: the message names the first place
   */
  public static Rdm ofSquare(List<String> names, double[][] square, NanPolicy offDiagonal) {
    int n = names.size();
    if (square.length != n) {
      throw new InputException("RDM: %d names for %d rows".formatted(n, square.length));
    }
    double largest = 0;
    for (double[] row : square) {
      if (row.length != n) {
        throw new InputException("RDM: must be square, is %d x %d".formatted(n, row.length));
      }
      for (double value : row) {
        largest = Math.max(largest, Math.abs(Double.isNaN(value) ? 0 : value));
      }
    }
    double[] condensed = new double[pairs(n)];
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        double value = square[i][j];
        boolean oneSided = Double.isNaN(value) != Double.isNaN(square[j][i]);
        if (oneSided || Math.abs(value - square[j][i]) > 1e-6 * largest) {
          throw new InputException(
              "RDM: not symmetric at (%s, %s): %s against %s"
                  .formatted(names.get(i), names.get(j), value, square[j][i]));
        }
        if (Double.isNaN(value) && offDiagonal == NanPolicy.ERROR) {
          throw new InputException(
              "RDM: NaN at (%s, %s), row %d, column %d; repair it or choose to drop or zero NaN"
                  .formatted(names.get(i), names.get(j), i, j));
        }
        condensed[p] = Double.isNaN(value) && offDiagonal == NanPolicy.ZERO ? 0 : value;
      }
    }
    return new Rdm(names, condensed);
  }

  /**
   * From feature rows. A row without direction (constant under CORRELATION, all zero under COSINE)
   * has NaN dissimilarities: 0/0 is not hidden.
   *
   * @param features n x k, in the order of names; not modified
   * @throws InputException if rows are ragged or hold a value that is not finite
   */
  public static Rdm ofFeatures(List<String> names, double[][] features, Dissimilarity measure) {
    int n = names.size();
    if (features.length != n) {
      throw new InputException("RDM: %d names for %d feature rows".formatted(n, features.length));
    }
    double[][] units = new double[n][];
    for (int i = 0; i < n; i++) {
      units[i] = features[i].clone();
      check(names.get(i), units[i], features[0].length);
      measure.normalize(units[i]);
    }
    double[] condensed = new double[pairs(n)];
    IntStream.range(0, n).parallel().forEach(i -> fillRow(units, i, measure, condensed));
    return new Rdm(names, condensed);
  }

  private static void check(String name, double[] row, int expected) {
    if (row.length != expected) {
      throw new InputException(
          "features of %s: expected %d values, found %d".formatted(name, expected, row.length));
    }
    for (int k = 0; k < row.length; k++) {
      if (!Double.isFinite(row[k])) {
        throw new InputException("features of %s: value %d is %s".formatted(name, k, row[k]));
      }
    }
  }

  private static void fillRow(double[][] units, int i, Dissimilarity measure, double[] condensed) {
    int n = units.length;
    int p = place(i, i + 1, n);
    for (int j = i + 1; j < n; j++, p++) {
      condensed[p] = measure.between(units[i], units[j]);
    }
  }

  /** Condition names, in the order of rows. */
  public List<String> names() {
    return names;
  }

  /** Number of conditions. */
  public int size() {
    return names.size();
  }

  /** Dissimilarity of conditions i and j; 0 where i = j. */
  public double get(int i, int j) {
    return i == j ? 0 : condensed[place(Math.min(i, j), Math.max(i, j), names.size())];
  }

  /** A copy of the upper triangle, n (n - 1) / 2 values row by row. */
  public double[] condensed() {
    return condensed.clone();
  }

  /** The full n x n matrix, zero on the diagonal. */
  public double[][] square() {
    int n = names.size();
    double[][] square = new double[n][n];
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        square[i][j] = condensed[p];
        square[j][i] = condensed[p];
      }
    }
    return square;
  }

  /** Whether any dissimilarity is NaN. */
  public boolean hasNan() {
    for (double value : condensed) {
      if (Double.isNaN(value)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The RDM of the given conditions, in the given order.
   *
   * @throws InputException if a name is not a condition of this RDM; the message lists them
   */
  public Rdm select(List<String> wanted) {
    if (wanted.equals(names)) {
      return this;
    }
    return new Rdm(wanted, selected(condensed, names.size(), places(names, wanted)));
  }

  /** Where each wanted name stands among others; unknown ones are an error that lists them. */
  static int[] places(List<String> names, List<String> wanted) {
    Map<String, Integer> index = indexOf(names);
    List<String> unknown = wanted.stream().filter(name -> !index.containsKey(name)).toList();
    if (!unknown.isEmpty()) {
      throw new InputException(
          "RDM of %d conditions lacks %s".formatted(names.size(), Names.list(unknown)));
    }
    indexOf(wanted);
    return wanted.stream().mapToInt(index::get).toArray();
  }

  /** The upper triangle of the conditions at some places of n, none twice. */
  static double[] selected(double[] condensed, int n, int[] places) {
    double[] selected = new double[pairs(places.length)];
    for (int i = 0, p = 0; i < places.length; i++) {
      for (int j = i + 1; j < places.length; j++, p++) {
        int first = Math.min(places[i], places[j]);
        selected[p] = condensed[place(first, Math.max(places[i], places[j]), n)];
      }
    }
    return selected;
  }

  /**
   * This RDM in the order of another that has the same conditions.
   *
   * @throws InputException if the conditions differ; the message lists those on one side only
   */
  public Rdm alignedTo(Rdm other) {
    requireSame(names, other.names);
    return select(other.names);
  }

  /** Asserts that two lists hold the same names, in any order. */
  static void requireSame(List<String> first, List<String> second) {
    List<String> onlyHere = new ArrayList<>(first);
    onlyHere.removeAll(indexOf(second).keySet());
    List<String> onlyThere = new ArrayList<>(second);
    onlyThere.removeAll(indexOf(first).keySet());
    if (!onlyHere.isEmpty() || !onlyThere.isEmpty()) {
      throw new InputException(
          "RDMs of different conditions: only in the first %s; only in the second %s"
              .formatted(Names.list(onlyHere), Names.list(onlyThere)));
    }
  }

  /** n (n - 1) / 2. */
  static int pairs(int n) {
    return Math.toIntExact((long) n * (n - 1) / 2);
  }

  /** Where the upper triangle of n conditions keeps pair (i, j), i before j. */
  static int place(int i, int j, int n) {
    return (int) ((long) i * n - (long) i * (i + 1) / 2 + (j - i - 1));
  }

  /** Where each name stands; a name given twice is an error. */
  static Map<String, Integer> indexOf(List<String> names) {
    Map<String, Integer> index = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      if (index.put(names.get(i), i) != null) {
        throw new InputException("RDM: condition " + names.get(i) + " is named twice");
      }
    }
    return index;
  }
}
