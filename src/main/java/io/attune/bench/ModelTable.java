package io.attune.bench;

import java.util.Locale;
import java.util.Map;

/** The models' results for people. */
final class ModelTable {
  private ModelTable() {}

  static String check(String precision, Map<String, Object> row) {
    return row.containsKey("failed")
        ? "check %s FAILED: %s".formatted(precision, row.get("failed"))
        : String.format(
            Locale.ROOT,
            "check %s: embeddings differ from PyTorch's by %.1e (images), %.1e (texts)",
            precision,
            row.get("image_error"),
            row.get("text_error"));
  }

  /** One line: ours, with and without graphs, then each of PyTorch's ways. */
  static String line(Map<String, Object> row) {
    StringBuilder text =
        new StringBuilder(
            "%-4s %-15s batch %3d: "
                .formatted(row.get("precision"), row.get("part"), row.get("batch")));
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
    if (row.get("peer_images_per_s") instanceof Map<?, ?> peers && !peers.isEmpty()) {
      text.append("; torch:");
      peers.forEach((way, rate) -> text.append(" ").append(way).append(" ").append(rate(rate)));
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
      report.out().println(key.endsWith("/check") ? check(key.split("/")[0], row) : line(row));
    }
    report.out().println("model: results in " + report.file());
  }
}
