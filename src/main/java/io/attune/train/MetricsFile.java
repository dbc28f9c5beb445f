package io.attune.train;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code metrics.csv}: one row an epoch. The checkpoint holds the rows too and the file is written
 * whole from it, so that it never shows an epoch that a resumed run will repeat. Losses are written
 * with every digit.
 */
public final class MetricsFile {
  /** First line of the file. */
  public static final String HEADER = "epoch,train_loss,validation_loss,spearman,images_per_second";

  private MetricsFile() {}

  /** The file's text. */
  public static String format(List<EpochMetrics> rows) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (EpochMetrics row : rows) {
      text.append(row.epoch())
          .append(',')
          .append(row.trainLoss())
          .append(',')
          .append(row.validationLoss())
          .append(',')
          .append(row.spearman())
          .append(',')
          .append(String.format(Locale.ROOT, "%.1f", row.imagesPerSecond()))
          .append('\n');
    }
    return text.toString();
  }

  /**
   * Reads the metrics of a run.
   *
   * @throws InputException if the file is missing or damaged
   */
  public static List<EpochMetrics> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw new InputException(file + ": line 1: expected the header " + HEADER);
    }
    List<EpochMetrics> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split(",", -1);
      try {
        rows.add(
            new EpochMetrics(
                Integer.parseInt(cells[0]),
                Double.parseDouble(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3]),
                Double.parseDouble(cells[4])));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new InputException(
            "%s: line %d: expected five numbers, found '%s'".formatted(file, i + 1, lines.get(i)),
            e);
      }
    }
    return rows;
  }
}
