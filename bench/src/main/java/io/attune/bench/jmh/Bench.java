package io.attune.bench.jmh;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
   * Measures once more what fell under the ratios of an earlier run, since the machine may have
   * been busy.
   *
   * @return what fell both times
   */
  List<Row> fallenTwice(Guard guard, List<Row> rows) throws RunnerException {
    List<Row> again = guard.fallen(rows).stream().map(Row::again).toList();
    for (Row row : again) {
      for (int round = 1; round <= plan.launches(); round++) {
        launch(row, "[again, launch %d]".formatted(round));
      }
    }
    return guard.fallen(again);
  }

  private void launch(Row row, String place) throws RunnerException {
    launcher.launch(row.question(), row.contest(), row.samples());
    List<String> times = new ArrayList<>();
    row.samples()
        .forEach(
            (provider, samples) ->
                times.add("%s %.3f ms".formatted(provider.label(), samples.median() / 1e6)));
    String ratio = Double.isNaN(row.ratio()) ? "" : ", ratio %.2f".formatted(row.ratio());
    progress.printf("%s %s: %s%s%n", place, row.contest().key(), String.join(", ", times), ratio);
  }

  private void measurePeak() throws RunnerException {
    Peak now = launcher.measurePeak();
    progress.printf("peak: %.0f GFLOP/s, copy %.1f GB/s%n", now.gigaflops(), now.gigabytes());
    peak = peak == null ? now : peak.better(now);
  }
}
