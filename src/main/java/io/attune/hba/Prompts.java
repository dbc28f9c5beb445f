package io.attune.hba;

import io.attune.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The texts that stand for the behavioural dimensions, one a dimension, in the order of the
 * target's columns.
 *
 * @param texts K strings, each tokenised whole
 */
public record Prompts(List<String> texts) {
  private static final String RESOURCE = "prompts.txt";

  public Prompts {
    texts = List.copyOf(texts);
  }

  /** K. */
  public int count() {
    return texts.size();
  }

  /** The 66 prompts of the paper (spec/clip-hba.md section 3). */
  public static Prompts paper() {
    try (InputStream stream = Prompts.class.getResourceAsStream(RESOURCE);
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      return new Prompts(withoutComments(reader.lines()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A user's own prompts: one a line; empty lines and lines that start with {@code #} are skipped.
   *
   * @throws InputException if the file cannot be read or holds no prompt
   */
  public static Prompts read(Path file) {
    List<String> texts;
    try {
      String text = Files.readString(file);
      texts = withoutComments((text.startsWith("\uFEFF") ? text.substring(1) : text).lines());
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not valid UTF-8 - save the prompts as UTF-8", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
    if (texts.isEmpty()) {
      throw new InputException(file + ": no prompt found - write one prompt a line");
    }
    return new Prompts(texts);
  }

  private static List<String> withoutComments(Stream<String> lines) {
    return lines.map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#")).toList();
  }
}
