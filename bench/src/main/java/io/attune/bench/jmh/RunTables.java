package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.List;

/** What whole runs of training tell of themselves, as Markdown. */
final class RunTables {
  private final List<String> lines = new ArrayList<>();

  private RunTables() {}

  static List<String> of(List<Row> rows) {
    RunTables tables = new RunTables();
    tables.waiting(rows);
    tables.memory(rows);
    return tables.lines;
  }

  private static Samples ours(Row row) {
    return row.samples().getOrDefault(Provider.ATTUNE, new Samples());
  }

  private void waiting(List<Row> rows) {
    List<Row> stepping = rows.stream().filter(row -> ours(row).gauges().steps() > 0).toList();
    if (stepping.isEmpty()) {
      return;
    }
    line("What part of training steps' time is waited until images are decoded and preprocessed:");
    line("");
    line("| stage | batch | steps | ms a step | images/s | waiting |");
    line("|---|---|---|---|---|---|");
    for (Row row : stepping) {
      Gauges gauges = ours(row).gauges();
      double step = gauges.stepNanoseconds() / 1e6 / gauges.steps();
      line(
          "| %s | %s | %d | %.0f | %.2f | %.1f %% |",
          row.contest().operation(),
          row.contest().shape(),
          gauges.steps(),
          step,
          row.contest().amount().items() / step * 1e3,
          100 * gauges.waitingShare());
    }
    line("");
  }

  private void memory(List<Row> rows) {
    List<Row> counted = rows.stream().filter(row -> ours(row).gauges().livedBytes() > 0).toList();
    if (counted.isEmpty()) {
      return;
    }
    line(
        "Memory of a behaviour run: what `--dry-run` prints, what lived at most (serial collector,"
            + " collected at every step), and what of the process was in memory at most.");
    line("");
    line("| run | formula MB | lived MB | lived over formula | peak resident MB |");
    line("|---|---|---|---|---|");
    for (Row row : counted) {
      Gauges gauges = ours(row).gauges();
      line(
          "| %s | %.0f | %.0f | %.3f | %s |",
          row.contest().shape(),
          gauges.plannedBytes() / 1e6,
          gauges.livedBytes() / 1e6,
          gauges.livedOverPlanned(),
          resident(ours(row)));
    }
    line("");
  }

  /** In MB. */
  static String resident(Samples samples) {
    return samples.residentBytes() == ResidentMemory.UNKNOWN
        ? "not available"
        : "%.0f".formatted(samples.residentBytes() / 1e6);
  }

  private void line(String format, Object... values) {
    lines.add(format.formatted(values));
  }
}
