package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Named columns of numbers, written as CSV that pandas reads; NaN is written so. */
public final class Columns {
  private final Map<String, double[]> columns = new LinkedHashMap<>();

  /**
   * Adds a column of as many values as the others have.
   *
   * @param name commas in it become blanks
   * @throws InputException if the name is used
   */
  public Columns add(String name, double[] values) {
    if (!columns.isEmpty() && columns.values().iterator().next().length != values.length) {
      throw new IllegalArgumentException("column %s: %d values".formatted(name, values.length));
    }
    if (columns.put(name.replace(',', ' '), values) != null) {
      throw new InputException(
          "two columns would be called %s; name the files apart".formatted(name));
    }
    return this;
  }

  /** The lines of the file, header first. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(List.of(String.join(",", columns.keySet())));
    int rows = columns.isEmpty() ? 0 : columns.values().iterator().next().length;
    for (int i = 0; i < rows; i++) {
      int row = i;
      lines.add(
          String.join(
              ",", columns.values().stream().map(values -> Double.toString(values[row])).toList()));
    }
    return lines;
  }

  /** Writes the file, all or nothing. */
  public void write(Path target) {
    AtomicFile.writeText(target, String.join("\n", lines()) + "\n");
  }
}
