package io.attune.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The models' results for people. */
final class ModelTable {
  /** The fact that names the rows for which there was no time. */
  static final String LEFT_OUT = "left out for time";

  private ModelTable() {}

  /**
   * What was found of the embeddings.
   *
   * @param of model and precision
   */
  static String check(String of, Map<String, Object> row) {
    return row.containsKey("failed")
        ? "check %s FAILED: %s".formatted(of, row.get("failed"))
        : String.format(
            Locale.ROOT,
            "check %s: embeddings differ from PyTorch's by %.1e (images), %.1e (texts)",
            of,
            row.get("image_error"),
            row.get("text_error"));
  }

  /** One line: ours, with and without graphs, then each of PyTorch's ways; each with its memory. */
  static String line(Map<String, Object> row) {
    StringBuilder text =
        new StringBuilder(
            "%-8s %-4s %-15s batch %3d: "
                .formatted(
                    row.get("model"), row.get("precision"), row.get("part"), row.get("batch")));
    if (row.containsKey("seconds")) {
      stage(row, text);
    }
    if (row.containsKey("images_per_s")) {
      text.append(rate(row.get("images_per_s"))).append(" images/s");
      if (row.containsKey("percent_of_ceiling")) {
        text.append(
            String.format(Locale.ROOT, " (%.0f %% of ceiling)", row.get("percent_of_ceiling")));
      }
    }
    if (row.containsKey("images_per_s_without_graph")) {
      text.append(", no graph ").append(rate(row.get("images_per_s_without_graph")));
    }
    if (row.containsKey("peak_bytes")) {
      text.append(", peak ").append(gigabytes(row.get("peak_bytes")));
    }
    if (row.get("peer_images_per_s") instanceof Map<?, ?> peers && !peers.isEmpty()) {
      text.append("; torch:");
      peers.forEach(
          (way, rate) -> {
            text.append(" ").append(way).append(" ").append(rate(rate));
            if (row.get("peer_peak_bytes") instanceof Map<?, ?> peaks && peaks.containsKey(way)) {
              text.append(" (peak ").append(gigabytes(peaks.get(way))).append(")");
            }
          });
    }
    if (row.containsKey("peer_seconds_extrapolated")) {
      text.append(
          String.format(
              Locale.ROOT,
              "; torch %s, recomputing all: %.0f s (extrapolated from its step)",
              row.get("peer_name"),
              row.get("peer_seconds_extrapolated")));
    }
    if (row.get("left_out") instanceof List<?> ways) {
      ways.forEach(way -> text.append("; ").append(way).append(": left out for time"));
    }
    if (row.containsKey("ratio")) {
      text.append(
          String.format(Locale.ROOT, "; ratio to %s %.2f", row.get("peer_name"), row.get("ratio")));
    }
    if (row.containsKey("previous_ratio")) {
      text.append(String.format(Locale.ROOT, "; ratio to before %.2f", row.get("previous_ratio")));
    }
    if (row.get("peer") instanceof Map<?, ?> peers) {
      peers.forEach(
          (way, found) -> {
            if (found instanceof String why) {
              text.append("; ").append(way).append(": ").append(why);
            }
          });
    }
    if (row.containsKey("failed")) {
      text.append(" FAILED: ").append(row.get("failed"));
    }
    return text.toString();
  }

  /** The whole behaviour stage, which takes seconds. */
  private static void stage(Map<String, Object> row, StringBuilder text) {
    text.append(
        String.format(
            Locale.ROOT,
            "%s images, %s epochs in %.1f s%s after %.1f s of caching",
            row.get("images"),
            row.get("epochs"),
            row.get("seconds"),
            Boolean.TRUE.equals(row.get("extrapolated"))
                ? " (extrapolated from %s epochs)".formatted(row.get("epochs_run"))
                : "",
            row.get("preparation_seconds")));
    if (row.containsKey("goal_seconds")) {
      text.append(String.format(Locale.ROOT, ", goal %.0f s", row.get("goal_seconds")));
    }
  }

  private static String gigabytes(Object bytes) {
    return String.format(Locale.ROOT, "%.2f GB", ((Number) bytes).doubleValue() * 1e-9);
  }

  private static String rate(Object value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }

  static void print(Report report) {
    if (report.rows().isEmpty()) {
      return;
    }
    report.out().println();
    report
        .out()
        .println(report.factOf("device") + ": images a second; ratio above 1: we are faster");
    for (Map<String, Object> row : report.rows()) {
      String key = (String) row.get("key");
      report
          .out()
          .println(
              key.endsWith("/check")
                  ? check(key.substring(0, key.lastIndexOf('/')), row)
                  : line(row));
    }
    if (report.factOf(LEFT_OUT) instanceof List<?> keys && !keys.isEmpty()) {
      report.out().println("left out for time: " + keys);
    }
    report.out().println("model: results in " + report.file());
  }
}
