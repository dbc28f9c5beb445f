package io.attune.cli;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the demo is to reach, and what it reached.
 *
 * @param name short, as in {@code scores.csv}
 * @param text for people
 * @param value reached
 * @param bound least that is wanted
 */
record DemoGoal(String name, String text, double value, double bound) {
  boolean met() {
    return value >= bound;
  }

  /** A line for people. */
  String line() {
    return String.format(
        Locale.ROOT,
        "  %-66s %7.3f  goal: at least %.3f  %s",
        text,
        value,
        bound,
        met() ? "met" : "MISSED");
  }

  /** Writes them to a table for programs, in which other stages' stay. */
  static void write(List<DemoGoal> goals, Path table) {
    Map<String, String> rows = new LinkedHashMap<>();
    try {
      if (Files.exists(table)) {
        Files.readAllLines(table).stream()
            .skip(1)
            .forEach(row -> rows.put(row.substring(0, row.indexOf(',')), row));
      }
    } catch (IOException e) {
      throw InputException.unreadable(table, e);
    }
    for (DemoGoal goal : goals) {
      String row = "%s,%s,%s,%s".formatted(goal.name, goal.value, goal.bound, goal.met());
      rows.put(goal.name, row);
    }
    AtomicFile.writeText(table, "name,value,bound,met\n" + String.join("\n", rows.values()) + "\n");
  }
}
