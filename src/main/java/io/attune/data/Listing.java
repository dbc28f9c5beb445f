package io.attune.data;

import io.attune.InputException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Text files with a name a line, and how lists of names are told in messages. */
final class Listing {
  private static final int SHOWN = 5;

  private Listing() {}

  /** All lines of a UTF-8 text file, a byte order mark removed. */
  static List<String> lines(Path file) {
    try {
      String text = Files.readString(file);
      return (text.startsWith("\uFEFF") ? text.substring(1) : text).lines().toList();
    } catch (MalformedInputException e) {
      throw new InputException(file + ": not UTF-8 text; convert it to UTF-8", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  /** The lines that are not blank, stripped. */
  static List<String> names(Path file) {
    return lines(file).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  /** Refuses a list in which a name comes twice. */
  static List<String> unique(Path file, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new InputException("%s: %s is listed twice".formatted(file, name));
      }
    }
    return names;
  }

  /** As in {@code 7 (axe, bag, cup, dog, ear, ...)}. */
  static String count(List<String> names) {
    String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return "%d (%s%s)".formatted(names.size(), shown, names.size() > SHOWN ? ", ..." : "");
  }
}
