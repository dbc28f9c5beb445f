package io.attune.data;

import io.attune.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Image-caption pairs of a folder, from its {@code captions.tsv}: the image's path within the
 * folder, a tab, the caption; a first line {@code image<TAB>caption} is a header.
 *
 * @param pairs in the order of the file
 */
public record Captions(List<Pair> pairs) {
  public static final String FILE_NAME = "captions.tsv";

  /** An image and what is said of it. */
  public record Pair(Path image, String caption) {}

  public Captions {
    pairs = List.copyOf(pairs);
  }

  /**
   * Reads {@code folder/captions.tsv}.
   *
   * @throws InputException if it is missing, a line is not a pair, or an image does not exist
   */
  public static Captions read(Path folder) {
    Path file = folder.resolve(FILE_NAME);
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new InputException(
          "%s: cannot be read; pre-training needs one line a pair: image path, tab, caption (attune data synth writes it)"
              .formatted(file),
          e);
    }
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank() || (i == 0 && line.equals("image\tcaption"))) {
        continue;
      }
      int tab = line.indexOf('\t');
      if (tab < 1 || tab == line.length() - 1 || line.indexOf('\t', tab + 1) >= 0) {
        throw new InputException(
            "%s, line %d: expected an image path, one tab and a caption".formatted(file, i + 1));
      }
      Path image = folder.resolve(line.substring(0, tab)).normalize();
      if (!image.startsWith(folder.normalize()) || !Files.isRegularFile(image)) {
        throw new InputException(
            "%s, line %d: no image %s in the folder"
                .formatted(file, i + 1, line.substring(0, tab)));
      }
      pairs.add(new Pair(image, line.substring(tab + 1)));
    }
    if (pairs.isEmpty()) {
      throw new InputException(file + ": holds no pair");
    }
    return new Captions(pairs);
  }
}
