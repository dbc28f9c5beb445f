package io.attune.data;

import io.attune.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * The behavioural embedding: one row of dimensions for each concept.
 *
 * @param concepts the concept of each row
 * @param rows concepts x dimensions, finite
 */
record BehaviorTable(List<String> concepts, double[][] rows) {
  private static final String NAME_COLUMN = "image_name";

  /**
   * Reads white-space separated rows without header (trailing tabs allowed), whose concepts are
   * those of {@code concepts} in order; or, if its name ends in .csv, rows that name their image.
   *
   * @param concepts the concept of each row of a file without names
   * @param known all concepts, which a CSV's names must be among
   * @throws InputException on a wrong number of rows or columns, a value that is no finite number,
   *     or an unknown or repeated image
   */
  static BehaviorTable read(Path file, List<String> concepts, List<String> known) {
    return file.getFileName().toString().endsWith(".csv")
        ? readCsv(file, known)
        : readText(file, concepts);
  }

  private static BehaviorTable readText(Path file, List<String> concepts) {
    List<double[]> rows = new ArrayList<>();
    List<String> lines = Listing.lines(file);
    for (int i = 0; i < lines.size(); i++) {
      StringTokenizer tokens = new StringTokenizer(lines.get(i));
      if (!tokens.hasMoreTokens()) {
        continue;
      }
      double[] row = new double[tokens.countTokens()];
      for (int k = 0; k < row.length; k++) {
        row[k] = number(tokens.nextToken(), file, i + 1, k);
      }
      rows.add(checkWidth(row, rows, file, i + 1));
    }
    if (rows.size() != concepts.size()) {
      throw new InputException(
          "%s: expected a row for each of the %d concepts, found %d rows; use its own list of ids"
              .formatted(file, concepts.size(), rows.size()));
    }
    return new BehaviorTable(concepts, rows.toArray(double[][]::new));
  }

  private static BehaviorTable readCsv(Path file, List<String> known) {
    List<String> lines = Listing.lines(file);
    List<String> header = lines.isEmpty() ? List.of() : List.of(lines.get(0).split(",", -1));
    int nameColumn = header.indexOf(NAME_COLUMN);
    if (nameColumn < 0) {
      throw new InputException(file + ": the first line has no column " + NAME_COLUMN);
    }
    int dimensions = header.size() - nameColumn - 1;
    for (int k = 0; k < dimensions; k++) {
      if (!header.get(nameColumn + 1 + k).equals(Integer.toString(k))) {
        throw new InputException(
            "%s: expected columns 0, 1, 2, ... after %s, found '%s' for %d"
                .formatted(file, NAME_COLUMN, header.get(nameColumn + 1 + k), k));
      }
    }
    Map<String, Integer> places = index(known);
    List<String> concepts = new ArrayList<>();
    List<double[]> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String[] cells = lines.get(i).split(",", -1);
      if (cells.length != header.size()) {
        throw new InputException(
            "%s, line %d: expected %d cells, found %d"
                .formatted(file, i + 1, header.size(), cells.length));
      }
      String concept = ThingsImages.conceptOf(cells[nameColumn].strip());
      if (concept == null || !places.containsKey(concept)) {
        throw new InputException(
            "%s, line %d: image %s is of no known concept"
                .formatted(file, i + 1, cells[nameColumn]));
      }
      concepts.add(concept);
      double[] row = new double[dimensions];
      for (int k = 0; k < dimensions; k++) {
        row[k] = number(cells[nameColumn + 1 + k].strip(), file, i + 1, k);
      }
      rows.add(checkWidth(row, rows, file, i + 1));
    }
    if (rows.isEmpty()) {
      throw new InputException(file + ": holds no rows");
    }
    return new BehaviorTable(Listing.unique(file, concepts), rows.toArray(double[][]::new));
  }

  private static double[] checkWidth(double[] row, List<double[]> before, Path file, int line) {
    int expected = before.isEmpty() ? row.length : before.get(0).length;
    if (row.length != expected || row.length == 0) {
      throw new InputException(
          "%s, line %d: expected %d dimensions, found %d"
              .formatted(file, line, Math.max(1, expected), row.length));
    }
    return row;
  }

  private static double number(String token, Path file, int line, int dimension) {
    try {
      double value = Double.parseDouble(token);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below, with a value that is not finite
    }
    throw new InputException(
        "%s, line %d, dimension %d: '%s' is not a finite number"
            .formatted(file, line, dimension, token));
  }

  /** Place of each name. */
  static Map<String, Integer> index(List<String> names) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      places.put(names.get(i), i);
    }
    return places;
  }
}
