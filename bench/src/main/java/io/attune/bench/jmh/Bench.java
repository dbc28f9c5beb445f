package io.attune.bench.jmh;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.runner.RunnerException;

/** A run: contests, launch after launch, written out as they come. */
final class Bench {
  private final Plan plan;
  private final Launcher launcher;
  private final PrintStream progress;
  private final Path base;
  private final Machine machine = Machine.here();
  private Peak peak;

  /**
   * @param base results file without its ending
   */
  Bench(Plan plan, Path home, Path base, PrintStream progress) {
    this.plan = plan;
    this.launcher = new Launcher(plan, home.toString());
    this.base = base;
    this.progress = progress;
  }

  Machine machine() {
    return machine;
  }

  Path base() {
    return base;
  }

  /**
   * Measures all rows, in as many rounds as the plan has launches; every round ends with all rows
   * written.
   */
  void run(List<Row> rows) throws Exception {
    measurePeak();
    for (int round = 1; round <= plan.launches(); round++) {
      for (int i = 0; i < rows.size(); i++) {
        launch(rows.get(i), "[%d/%d, launch %d]".formatted(i + 1, rows.size(), round));
      }
      measurePeak();
      ResultsFile.write(base, machine, plan, peak, rows);
    }
  }

  /**
   * Holds rows against an earlier run's and launches again what seems to have fallen; those
   * launches are written out beside the others.
   *
   * @return what fell in all its launches
   */
  List<Row> fallen(Guard guard, List<Row> rows) throws Exception {
    Set<Row> again = new LinkedHashSet<>();
    List<Row> fallen =
        guard.fallen(
            rows,
            (row, round) -> {
              again.add(row);
              launch(row, "[seems to have fallen, launch %d more]".formatted(round));
            });
    for (Row row : again) {
      if (!fallen.contains(row)) {
        progress.printf(
            "%s: not fallen in all launches: %s ms%n", row.contest().key(), Guard.launches(row));
      }
    }
    if (!again.isEmpty()) {
      ResultsFile.write(base, machine, plan, peak, rows);
    }
    return fallen;
  }

  private void launch(Row row, String place) throws RunnerException {
    launcher.launch(row.question(), row.contest(), row.samples());
    Row last = row.lastLaunch();
    List<String> times = new ArrayList<>();
    last.samples()
        .forEach(
            (provider, samples) ->
                times.add("%s %.3f ms".formatted(provider.label(), samples.median() / 1e6)));
    String ratio = Double.isNaN(last.ratio()) ? "" : ", ratio %.2f".formatted(last.ratio());
    progress.printf("%s %s: %s%s%n", place, row.contest().key(), String.join(", ", times), ratio);
  }

  private void measurePeak() throws RunnerException {
    Peak now = launcher.measurePeak();
    progress.printf("peak: %.0f GFLOP/s, copy %.1f GB/s%n", now.gigaflops(), now.gigabytes());
    peak = peak == null ? now : peak.better(now);
  }
}
