package io.attune.data;

import io.attune.InputException;
import io.attune.format.MatFile;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
    try (MatFile mat = MatFile.open(file)) {
      return mat.strings(only(file, mat));
    }
  }

  private static double[][] matrix(Path file) {
    try (MatFile mat = MatFile.open(file)) {
      return mat.numbers(only(file, mat)).rows(file.toString());
    }
  }

  private static String only(Path file, MatFile mat) {
    if (mat.names().size() != 1) {
      throw new InputException("%s: expected one variable, found %s".formatted(file, mat.names()));
    }
    return mat.names().first();
  }
}
