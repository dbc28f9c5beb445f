package io.attune.data;

import io.attune.InputException;
import io.attune.clip.ClipConfig;
import io.attune.clip.Padding;
import io.attune.clip.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * Texts and their tokens.
 *
 * @param lines the texts
 * @param ids [lines, length] token ids, with start and end token
 * @param length tokens of each row, padding included
 */
public record Texts(List<String> lines, int[] ids, int length) {
  /**
   * Reads a UTF-8 file of texts, one a line.
   *
   * @throws InputException if it cannot be read, holds no line or a blank one
   */
  public static List<String> read(Path file) {
    List<String> lines = Listing.lines(file);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        throw new InputException("%s: line %d is empty; remove it".formatted(file, i + 1));
      }
    }
    if (lines.isEmpty()) {
      throw new InputException(file + ": holds no text; expected one a line");
    }
    return lines;
  }

  /**
   * Tokenises a file of texts, one a line, for a model; padded to its whole context.
   *
   * @param truncate whether a text that is too long is cut instead of refused
   * @throws InputException if the file holds no texts, one is too long, or the vocabulary is not
   *     the model's
   */
  public static Texts tokenize(
      Path file, Tokenizer tokenizer, ClipConfig config, Padding padding, boolean truncate) {
    tokenizer.requireFit(config);
    List<String> lines = read(file);
    int context = config.context();
    int[] ids = new int[Math.multiplyExact(lines.size(), context)];
    for (int i = 0; i < lines.size(); i++) {
      int[] row;
      try {
        row = tokenizer.encodePadded(lines.get(i), context, padding, truncate);
      } catch (InputException e) {
        throw new InputException("%s: line %d: %s".formatted(file, i + 1, e.getMessage()), e);
      }
      System.arraycopy(row, 0, ids, i * context, context);
    }
    return new Texts(List.copyOf(lines), ids, context);
  }
}
