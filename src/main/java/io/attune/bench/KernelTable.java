package io.attune.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The kernels' results for people: a line as each comes, and a short table of all. */
final class KernelTable {
  private static final List<String> PRECISIONS = List.of("bf16", "f32", "tf32");

  private KernelTable() {}

  /** One row with all that was found. */
  static String line(Map<String, Object> row) {
    StringBuilder text =
        new StringBuilder(
            "%-4s %-30s %-28s %-20s"
                .formatted(
                    row.get("precision"),
                    row.get("operation"),
                    row.get("detail"),
                    row.get("shape")));
    if (row.get("ours") instanceof Map<?, ?> ours) {
      text.append(" %s us, floor %s".formatted(number(ours.get("p50_us")), floor(row)));
      text.append(", %s %%, %s".formatted(number(row.get("percent_of_floor")), rate(row)));
    }
    if (row.containsKey("peer_name")) {
      text.append(
          "; torch %s us (%s)".formatted(number(row.get("peer_p50_us")), row.get("peer_name")));
      text.append(row.containsKey("ratio") ? ", ratio " + ratio(row.get("ratio")) : "");
    }
    if (row.containsKey("previous_ratio")) {
      text.append("; before %s us, ratio ".formatted(number(row.get("previous_p50_us"))));
      text.append(ratio(row.get("previous_ratio")));
    }
    if (row.get("peer_failed") != null) {
      text.append("; torch: ").append(row.get("peer_failed"));
    }
    if (Boolean.TRUE.equals(row.get("in_cache"))) {
      text.append(" (in cache)");
    }
    if (row.containsKey("failed")) {
      text.append(" FAILED: ").append(row.get("failed"));
    }
    return text.toString();
  }

  private static String floor(Map<String, Object> row) {
    return number(row.get("floor_us"));
  }

  private static String rate(Map<String, Object> row) {
    return "memory".equals(row.get("bound"))
        ? String.format(Locale.ROOT, "%.0f GB/s", row.get("GB_per_s"))
        : String.format(Locale.ROOT, "%.1f TFLOP/s", row.get("TFLOP_per_s"));
  }

  private static String number(Object value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.1f", value);
  }

  private static String ratio(Object value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.2f", value);
  }

  /** Everything measured: a line for each use, its precisions beside one another. */
  static void print(Report report) {
    if (report.rows().isEmpty()) {
      return;
    }
    Map<String, Map<String, Map<String, Object>>> uses = new LinkedHashMap<>();
    for (Map<String, Object> row : report.rows()) {
      String use =
          "%-29s %-26s %-17s".formatted(row.get("operation"), row.get("detail"), row.get("shape"));
      uses.computeIfAbsent(use, none -> new LinkedHashMap<>())
          .put((String) row.get("precision"), row);
    }
    PrintStream out = report.out();
    out.println();
    out.println(
        report.factOf("device")
            + ": microseconds, per cent of the floor, torch's time over ours (! is failed)");
    out.println("%-74s %s".formatted("", String.join(" ".repeat(17), PRECISIONS)));
    uses.forEach(
        (use, rows) -> {
          StringBuilder line = new StringBuilder(use);
          for (String precision : PRECISIONS) {
            line.append(cell(rows.get(precision)));
          }
          out.println(line.toString().stripTrailing());
        });
    long failures = report.rows().stream().filter(row -> row.containsKey("failed")).count();
    out.printf(
        "kernels: %d rows, %d failed, results in %s%n",
        report.rows().size(), failures, report.file());
  }

  private static String cell(Map<String, Object> row) {
    if (row == null) {
      return " ".repeat(20);
    }
    if (!(row.get("ours") instanceof Map<?, ?> ours)) {
      return "%20s".formatted("!");
    }
    return String.format(
        Locale.ROOT,
        " %8.1f %3.0f%% %5s",
        ours.get("p50_us"),
        row.get("percent_of_floor"),
        ratio(row.get("ratio")));
  }
}
