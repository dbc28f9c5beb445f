package io.attune.cli;

import io.attune.format.AtomicFile;
import io.attune.train.MegResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A line about each participant of a folder of runs. Lines of participants that this command did
 * not train stay as they are.
 */
final class ParticipantSummary {
  private static final String HEADER =
      "participant,best_epoch,epochs,validation_loss,validation_pearson_before,validation_pearson";

  private final Path file;
  private final Map<Integer, String> rows = new TreeMap<>();

  /** Takes over what the file says, if it is there and has these columns. */
  ParticipantSummary(Path file) {
    this.file = file;
    if (Files.isRegularFile(file)) {
      List<String> lines = lines(file);
      if (!lines.isEmpty() && lines.getFirst().equals(HEADER)) {
        lines.stream()
            .skip(1)
            .filter(line -> line.matches("[0-9]{1,9},.*"))
            .forEach(
                line -> rows.put(Integer.parseInt(line.substring(0, line.indexOf(','))), line));
      }
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void put(int participant, MegResult result) {
    rows.put(
        participant,
        "%d,%d,%d,%s,%s,%s"
            .formatted(
                participant,
                result.best().epoch(),
                result.metrics().size(),
                result.best().loss(),
                result.normalizers().pearson(),
                result.best().pearson()));
  }

  void write() {
    AtomicFile.writeText(file, HEADER + "\n" + String.join("\n", rows.values()) + "\n");
  }
}
