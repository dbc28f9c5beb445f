package io.attune.bench.jmh;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Results as Markdown. */
final class Table {
  private final Peak peak;
  private final StringBuilder text = new StringBuilder();

  private Table(Peak peak) {
    this.peak = peak;
  }

  static String of(Machine machine, Plan plan, Peak peak, List<Row> rows) {
    Table table = new Table(peak);
    table.head(machine, plan);
    table.otherWork(plan, rows);
    table.summary(rows);
    table.scaling(Scaling.of(rows));
    RunTables.of(rows).forEach(line -> table.line("%s", line));
    table.rows(rows.stream().filter(Table::isTimed).toList());
    return table.text.toString();
  }

  private void head(Machine machine, Plan plan) {
    line("# Bench of %s", machine.date());
    line("");
    line(
        "%s, %d cores, %s, Java %s",
        machine.processor(), machine.cores(), machine.system(), machine.java());
    line("");
    line(
        "%d threads, %s time, %d launches of %d slices of %d ms; load average %.1f as it began.",
        plan.threads(),
        plan.clock() == Plan.Clock.CPU ? "processor" : "wall",
        plan.launches(),
        plan.slices(),
        plan.milliseconds(),
        machine.load());
    line(
        "Peak in this run: %.0f GFLOP/s, copy %.1f GB/s read and written.",
        peak.gigaflops(), peak.gigabytes());
    line("");
  }

  private void otherWork(Plan plan, List<Row> rows) {
    double[] cores =
        rows.stream()
            .flatMap(row -> row.otherWork().stream())
            .mapToDouble(Double::doubleValue)
            .filter(found -> !Double.isNaN(found))
            .toArray();
    long disturbed = Arrays.stream(cores).filter(found -> found > OtherWork.QUIET).count();
    if (disturbed > 0) {
      line(
          "During %d of %d launches other work took %.1f cores at most%s.",
          disturbed,
          cores.length,
          Arrays.stream(cores).max().orElseThrow(),
          plan.clock() == Plan.Clock.CPU
              ? ""
              : ": **not a quiet machine**; ratios of wall times then say little, those of several"
                  + " threads nothing");
      line("");
    }
  }

  private void summary(List<Row> rows) {
    Map<String, List<Row>> byOperation =
        rows.stream()
            .filter(row -> !Double.isNaN(row.ratio()))
            .collect(
                Collectors.groupingBy(
                    row -> row.contest().operation(),
                    java.util.LinkedHashMap::new,
                    Collectors.toList()));
    if (byOperation.isEmpty()) {
      return;
    }
    line("| operation | contests | ratio, geometric mean | least | where |");
    line("|---|---|---|---|---|");
    byOperation.forEach(this::summaryRow);
    line("");
  }

  private void summaryRow(String operation, List<Row> rows) {
    double logs = rows.stream().mapToDouble(row -> Math.log(row.ratio())).average().orElseThrow();
    Row least = rows.stream().min((a, b) -> Double.compare(a.ratio(), b.ratio())).orElseThrow();
    line(
        "| %s | %d | %.2f | %.2f | %s |",
        operation, rows.size(), Math.exp(logs), least.ratio(), least.contest().shape());
  }

  private void scaling(List<Scaling> scalings) {
    if (scalings.isEmpty()) {
      return;
    }
    line("Time of a run against one thing while all else stays; it grows as the power given.");
    line("");
    line("| against | provider | ms at | power |");
    line("|---|---|---|---|");
    for (Scaling scaling : scalings) {
      String times =
          scaling.milliseconds().entrySet().stream()
              .map(entry -> "%d: %s".formatted(entry.getKey(), plain(entry.getValue())))
              .collect(Collectors.joining(", "));
      line(
          "| %s | %s | %s | %s |",
          scaling.axis(), scaling.provider().label(), times, number(scaling.exponent()));
    }
    line("");
  }

  private static String plain(double milliseconds) {
    return milliseconds < 100 ? "%.2f".formatted(milliseconds) : "%.0f".formatted(milliseconds);
  }

  /** A whole run's time is that of much more than its steps. */
  private static boolean isTimed(Row row) {
    return row.contest().pace() != Contest.Pace.WHOLE;
  }

  private void rows(List<Row> rows) {
    if (rows.isEmpty()) {
      return;
    }
    line(
        "| operation | shape | provider | p20 ms | p50 ms | p80 ms | launches ms | rate | of peak |"
            + " ratio | B/run | resident MB |");
    line("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (Row row : rows) {
      row.samples().forEach((provider, samples) -> row(row, provider, samples));
    }
    for (Row row : rows) {
      row.samples()
          .forEach(
              (provider, samples) -> {
                if (!samples.fallenLaunches().isEmpty()) {
                  line("");
                  line(
                      "**FAILURE to explain**: %s, %s: launches %s fell to a tenth.",
                      row.contest().key(), provider.label(), samples.fallenLaunches());
                }
              });
    }
  }

  private void row(Row row, Provider provider, Samples samples) {
    double median = samples.median();
    line(
        "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |",
        row.contest().operation(),
        row.contest().shape(),
        provider.label(),
        milliseconds(samples.quantile(0.2)),
        milliseconds(median),
        milliseconds(samples.quantile(0.8)),
        samples.launchMedians().stream().map(Table::milliseconds).collect(Collectors.joining(", ")),
        rate(row.contest().amount(), median),
        ofPeak(row.contest().amount(), median),
        number(row.ratio(provider)),
        // What native code allocates is not seen.
        provider == Provider.ATTUNE ? "%.0f".formatted(samples.allocated()) : "",
        row.question().tellsMemory() ? RunTables.resident(samples) : "");
  }

  private static String rate(Amount amount, double nanoseconds) {
    if (amount.items() > 0) {
      return "%.2f %s/s".formatted(amount.items() / nanoseconds * 1e9, amount.item());
    }
    if (amount.flops() > 0) {
      return "%.1f GFLOP/s".formatted(amount.flops() / nanoseconds);
    }
    return amount.bytes() > 0 ? "%.1f GB/s".formatted(amount.bytes() / nanoseconds) : "";
  }

  private String ofPeak(Amount amount, double nanoseconds) {
    if (amount.flops() > 0) {
      return "%.0f %%".formatted(100 * amount.flops() / nanoseconds / peak.gigaflops());
    }
    return amount.bytes() > 0
        ? "%.0f %%".formatted(100 * amount.bytes() / nanoseconds / peak.gigabytes())
        : "";
  }

  private static String milliseconds(double nanoseconds) {
    double value = nanoseconds / 1e6;
    return value < 10 ? "%.4f".formatted(value) : "%.1f".formatted(value);
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "" : "%.2f".formatted(value);
  }

  private void line(String format, Object... values) {
    text.append(format.formatted(values)).append('\n');
  }
}
