package io.attune.data;

import io.attune.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the true row order: {@code unique_id.txt}, or the concept table's uniqueID column. */
public final class ConceptList {
  private static final String COLUMN = "uniqueID";

  private ConceptList() {}

  /**
   * Unique ids in row order.
   *
   * @throws InputException if the file is empty, lacks the column, or lists an id twice
   */
  public static List<String> read(Path file) {
    List<String> ids =
        file.getFileName().toString().endsWith(".tsv") ? column(file) : Listing.names(file);
    if (ids.isEmpty()) {
      throw new InputException(file + ": lists no concepts");
    }
    return Listing.unique(file, ids);
  }

  private static List<String> column(Path file) {
    List<String> lines = Listing.lines(file);
    int column = lines.isEmpty() ? -1 : List.of(lines.get(0).split("\t", -1)).indexOf(COLUMN);
    if (column < 0) {
      throw new InputException(file + ": the first line has no column " + COLUMN);
    }
    List<String> ids = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String[] cells = lines.get(i).split("\t", -1);
      if (cells.length <= column || cells[column].isBlank()) {
        throw new InputException("%s, line %d: no %s".formatted(file, i + 1, COLUMN));
      }
      ids.add(cells[column].strip());
    }
    return ids;
  }
}
