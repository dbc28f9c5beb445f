package io.attune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.rsa.TimeCourse;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Courses in figures: area from 0 ms, and the peak. */
final class MegScores {
  private static final String ROW = "%-50s %-14s %9s %7s %8s%n";

  /** The false discovery rate at which a time counts as above chance. */
  private static final double SIGNIFICANT = 0.05;

  private MegScores() {}

  /** Prints a line for each course. */
  static void print(List<TimeCourses> panels, PrintStream out) {
    out.printf(ROW, "concepts", "course", "area", "peak", "at ms");
    for (TimeCourses panel : panels) {
      for (Series series : panel.series()) {
        TimeCourse course = new TimeCourse(panel.times(), series.values());
        int peak = peak(course.values());
        out.printf(
            ROW,
            panel.name(),
            series.name(),
            text("%.2f", course.area()),
            text("%.3f", course.values()[peak]),
            text("%.0f", panel.times()[peak]));
      }
    }
  }

  /** An object for each panel, with the areas of models and bounds by name. */
  static ArrayNode json(List<TimeCourses> panels) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (TimeCourses panel : panels) {
      ObjectNode node = array.addObject().put("concepts", panel.name());
      ObjectNode models = node.putObject("models");
      ObjectNode ceiling = JsonNodeFactory.instance.objectNode();
      for (Series series : panel.series()) {
        ObjectNode one =
            series.role() == Role.MODEL
                ? models.putObject(series.name())
                : ceiling.putObject(series.name());
        TimeCourse course = new TimeCourse(panel.times(), series.values());
        int peak = peak(course.values());
        JsonNumbers.put(one, "area", course.area());
        JsonNumbers.put(one, "peak", course.values()[peak]);
        JsonNumbers.put(one, "peak_ms", panel.times()[peak]);
        IntStream.range(0, series.q().length)
            .filter(t -> series.q()[t] < SIGNIFICANT)
            .findFirst()
            .ifPresent(t -> JsonNumbers.put(one, "above_chance_from_ms", panel.times()[t]));
      }
      if (!ceiling.isEmpty()) {
        node.set("ceiling", ceiling);
      }
    }
    return array;
  }

  /** Where a course is highest; 0 where it is defined nowhere. */
  static int peak(double[] values) {
    int peak = 0;
    for (int t = 1; t < values.length; t++) {
      peak = values[t] > values[peak] || Double.isNaN(values[peak]) ? t : peak;
    }
    return peak;
  }

  /** A number, or a dash for NaN. */
  static String text(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }
}
