package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Hdf5;
import io.attune.format.Npy;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads one label for each trial: its condition, or its session. */
final class TrialLabels {
  private TrialLabels() {}

  /**
   * Labels from a file of their own, or from the epochs' HDF5 file.
   *
   * @param file text with one a line, or {@code .npy} of whole numbers; null reads the dataset
   * @param dataset of the HDF5 file, strings or whole numbers
   * @throws InputException if there are none, or not one for each trial
   */
  static List<String> read(Epochs epochs, Path file, String dataset) {
    List<String> labels;
    String where;
    if (file != null) {
      where = file.toString();
      labels = file.toString().endsWith(".npy") ? numbers(file) : lines(file);
    } else if (isThere(epochs, dataset)) {
      where = "%s: dataset %s".formatted(epochs.file(), dataset);
      labels = dataset(epochs.hdf5(), where, dataset);
    } else {
      throw new InputException(
          "%s: says nothing of its trials' %s; name a file with --%s, one a line"
              .formatted(epochs.file(), dataset, dataset));
    }
    if (labels.size() != epochs.trials()) {
      throw new InputException(
          "%s: %d labels for the %d trials of %s"
              .formatted(where, labels.size(), epochs.trials(), epochs.file()));
    }
    for (int t = 0; t < labels.size(); t++) {
      if (labels.get(t).isBlank()) {
        throw new InputException("%s: the label of trial %d (from 0) is empty".formatted(where, t));
      }
    }
    return labels;
  }

  /** Whether the epochs' own file has a dataset of labels. */
  static boolean isThere(Epochs epochs, String dataset) {
    return epochs.hdf5() != null && epochs.hdf5().datasets().contains(dataset);
  }

  private static List<String> dataset(Hdf5 hdf5, String where, String name) {
    if (hdf5.isStrings(name)) {
      return hdf5.readStrings(name).stream().map(String::strip).toList();
    }
    List<String> labels = new ArrayList<>();
    for (double value : hdf5.readDoubles(name)) {
      if (value != Math.rint(value)) {
        throw new InputException(
            "%s: label %s, expected strings or whole numbers".formatted(where, value));
      }
      labels.add(Long.toString((long) value));
    }
    return labels;
  }

  private static List<String> numbers(Path file) {
    try (Npy npy = Npy.open(file)) {
      return Arrays.stream(npy.readLongs()).mapToObj(Long::toString).toList();
    }
  }

  private static List<String> lines(Path file) {
    try {
      List<String> lines = new ArrayList<>(Files.readAllLines(file));
      while (!lines.isEmpty() && lines.getLast().isBlank()) {
        lines.removeLast();
      }
      return lines.stream().map(String::strip).toList();
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not UTF-8 text; convert it to UTF-8", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
