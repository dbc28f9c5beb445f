package io.attune.data;

import io.attune.InputException;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.Cell;
import us.hebi.matlab.mat.types.Char;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;

/** The held-out objects and the dissimilarities that people gave them. */
final class HeldOut {
  private HeldOut() {}

  /**
   * The dissimilarities people gave, with the words as unique ids.
   *
   * <p>A word becomes an id by turning spaces to underscores; a word that is then not an id but has
   * numbered senses stands for the first ({@code camera} for {@code camera1}).
   *
   * @param words MATLAB 5, a cell of strings
   * @param rdm MATLAB 5, square, in the order of the words; its diagonal may be NaN
   * @throws InputException if a word is unknown, or the sizes differ
   */
  static Rdm read(Path words, Path rdm, List<String> ids) {
    Map<String, Integer> places = BehaviorTable.index(ids);
    List<String> names = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (String word : words(words)) {
      String id = word.strip().replace(' ', '_');
      if (places.containsKey(id)) {
        names.add(id);
      } else if (places.containsKey(id + "1")) {
        names.add(id + "1");
      } else {
        unknown.add(id);
      }
    }
    if (!unknown.isEmpty()) {
      throw new InputException(
          "%s: words that are no concept: %s".formatted(words, Listing.count(unknown)));
    }
    Listing.unique(words, names);
    double[][] square = matrix(rdm);
    if (square.length != names.size()) {
      throw new InputException(
          "%s: expected a row for each of the %d words of %s, found %d"
              .formatted(rdm, names.size(), words.getFileName(), square.length));
    }
    try {
      return Rdm.ofSquare(names, square, NanPolicy.ERROR);
    } catch (InputException e) {
      throw new InputException(rdm + ": " + e.getMessage(), e);
    }
  }

  private static List<String> words(Path file) {
    return readOnly(
        file,
        value -> {
          if (!(value instanceof Cell cell)) {
            throw new InputException(file + ": expected a cell of strings");
          }
          List<String> words = new ArrayList<>();
          for (int i = 0; i < cell.getNumElements(); i++) {
            if (!(cell.get(i) instanceof Char text)) {
              throw new InputException("%s: cell %d is not a string".formatted(file, i + 1));
            }
            words.add(text.getString());
          }
          return words;
        });
  }

  private static double[][] matrix(Path file) {
    return readOnly(
        file,
        value -> {
          if (!(value instanceof Matrix matrix)) {
            throw new InputException(file + ": expected a matrix");
          }
          double[][] rows = new double[matrix.getNumRows()][matrix.getNumCols()];
          for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
              rows[i][j] = matrix.getDouble(i, j);
            }
          }
          return rows;
        });
  }

  /** Reads the file's only variable; its values are gone once the file is closed. */
  private static <T> T readOnly(Path file, Function<Array, T> reader) {
    try (MatFile mat = Mat5.readFromFile(file.toFile())) {
      Iterator<MatFile.Entry> entries = mat.getEntries().iterator();
      Array value = entries.hasNext() ? entries.next().getValue() : null;
      if (value == null || entries.hasNext()) {
        throw new InputException(file + ": expected one variable, found none or several");
      }
      return reader.apply(value);
    } catch (IOException e) {
      throw new InputException(file + ": not a readable MATLAB 5 file: " + e.getMessage(), e);
    }
  }
}
