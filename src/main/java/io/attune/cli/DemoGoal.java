package io.attune.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What the demo is to reach, and what it reached.
 *
 * @param name short, as in {@code scores.csv}
 * @param text for people
 * @param value reached
 * @param bound at least, or at most
 * @param atMost whether less is better
 */
record DemoGoal(String name, String text, double value, double bound, boolean atMost) {
  static DemoGoal atLeast(String name, String text, double value, double bound) {
    return new DemoGoal(name, text, value, bound, false);
  }

  static DemoGoal atMost(String name, String text, double value, double bound) {
    return new DemoGoal(name, text, value, bound, true);
  }

  boolean met() {
    return atMost ? value <= bound : value >= bound;
  }

  /** A line for people. */
  String line() {
    return String.format(
        Locale.ROOT,
        "  %-66s %7.3f  goal: %s %.3f  %s",
        text,
        value,
        atMost ? "at most " : "at least",
        bound,
        met() ? "met" : "MISSED");
  }

  /** A table for programs. */
  static String csv(List<DemoGoal> goals) {
    return goals.stream()
        .map(
            goal ->
                "%s,%s,%s,%s,%s\n"
                    .formatted(
                        goal.name, goal.value, goal.atMost ? "<=" : ">=", goal.bound, goal.met()))
        .collect(Collectors.joining("", "name,value,relation,bound,met\n", ""));
  }
}
