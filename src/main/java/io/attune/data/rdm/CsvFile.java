package io.attune.data.rdm;

import io.attune.InputException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of numbers, separated by tabs or commas, in a {@code .txt} by white space. A first line
 * that is not all numbers is the header; a first column that is not all numbers names the rows.
 * Quotes are not read.
 *
 * @param header names of the columns of numbers; empty without one
 * @param names of the rows; empty without
 * @param rows of one width; an empty cell or nan is NaN
 */
record CsvFile(List<String> header, List<String> names, double[][] rows) {
  /**
   * Reads a file.
   *
   * @throws InputException on rows of different widths or a cell that is no number, with its line
   */
  static CsvFile read(Path file) {
    List<String[]> cells = cells(file);
    if (cells.isEmpty()) {
      throw new InputException(file + ": is empty");
    }
    String[] first = cells.getFirst();
    boolean headed = false;
    for (int k = 1; k < first.length; k++) {
      headed |= !isNumber(first[k]);
    }
    headed |= first.length == 1 && !isNumber(first[0]);
    int begin = headed ? 1 : 0;
    boolean named = false;
    for (String[] row : cells.subList(begin, cells.size())) {
      named |= !isNumber(row[0]);
    }
    // numpy and pandas number rows in a nameless column.
    named |= headed && first.length > 1 && first[0].isEmpty();
    List<String> header = new ArrayList<>();
    for (int k = named ? 1 : 0; headed && k < first.length; k++) {
      header.add(first[k]);
    }
    List<String> names = new ArrayList<>();
    double[][] rows = new double[cells.size() - begin][];
    for (int i = 0; i < rows.length; i++) {
      String[] row = cells.get(begin + i);
      if (row.length != first.length) {
        throw new InputException(
            "%s, row %d: expected %d cells, found %d"
                .formatted(file, begin + i + 1, first.length, row.length));
      }
      if (named) {
        names.add(row[0]);
      }
      rows[i] = numbers(file, begin + i + 1, row, named ? 1 : 0);
    }
    return new CsvFile(header, names, rows);
  }

  /** The cells of all lines that are not blank, stripped. */
  static List<String[]> cells(Path file) {
    List<String[]> cells = new ArrayList<>();
    boolean spaced = file.getFileName().toString().endsWith(".txt");
    for (String line : lines(file)) {
      if (!line.isBlank()) {
        String[] row = spaced ? line.strip().split("\\s+") : line.split(separator(line), -1);
        for (int k = 0; k < row.length; k++) {
          row[k] = row[k].strip();
        }
        cells.add(row);
      }
    }
    return cells;
  }

  private static String separator(String line) {
    return line.indexOf('\t') >= 0 ? "\t" : ",";
  }

  private static List<String> lines(Path file) {
    try {
      String text = Files.readString(file);
      return (text.startsWith("\uFEFF") ? text.substring(1) : text).lines().toList();
    } catch (MalformedInputException e) {
      throw new InputException(file + ": not UTF-8 text; convert it to UTF-8", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private static double[] numbers(Path file, int row, String[] cells, int from) {
    double[] values = new double[cells.length - from];
    for (int k = 0; k < values.length; k++) {
      String cell = cells[from + k];
      if (!isNumber(cell)) {
        throw new InputException(
            "%s, row %d, column %d: expected a number, found '%s'"
                .formatted(file, row, from + k + 1, cell));
      }
      values[k] = isGap(cell) ? Double.NaN : Double.parseDouble(cell);
    }
    return values;
  }

  private static boolean isGap(String cell) {
    return cell.isEmpty() || cell.equalsIgnoreCase("nan");
  }

  private static boolean isNumber(String cell) {
    if (isGap(cell)) {
      return true;
    }
    try {
      Double.parseDouble(cell);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
