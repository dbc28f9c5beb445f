package io.attune.bench.jmh;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A run: contests, launch after launch, written out as they come. */
final class Bench {
  private final Plan plan;
  private final Launcher launcher;
  private final PrintWriter progress;
  private final Destination destination;
  private final Machine machine = Machine.here();
  private Peak peak;

  /**
   * @param scratch where launches put their temporary files
   */
  Bench(Plan plan, Path home, Path scratch, Destination destination, PrintWriter progress) {
    this.plan = plan;
    this.launcher = new Launcher(plan, home, scratch);
    this.destination = destination;
    this.progress = progress;
  }

  Machine machine() {
    return machine;
  }

  /**
   * Measures all rows, in as many rounds as the plan has launches; whatever happens later, each
   * launch is written.
   */
  void run(List<Row> rows) {
    measurePeak();
    for (int round = 1; round <= plan.launches(); round++) {
      for (int i = 0; i < rows.size(); i++) {
        launch(rows.get(i), "[%d/%d, launch %d]".formatted(i + 1, rows.size(), round));
        ResultsFile.write(destination.base(), machine, plan, peak, rows);
      }
      measurePeak();
      ResultsFile.write(destination.base(), machine, plan, peak, rows);
    }
  }

  /**
   * Holds rows against an earlier run's and launches again what seems to have fallen; those
   * launches are written out beside the others.
   *
   * @return what fell in all its launches
   */
  List<Row> fallen(Guard guard, List<Row> rows) {
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
      ResultsFile.write(destination.base(), machine, plan, peak, rows);
    }
    return fallen;
  }

  private void launch(Row row, String place) {
    OtherWork before = OtherWork.untilNow();
    launcher.launch(row.question(), row.contest(), row.samples());
    double others = OtherWork.untilNow().coresSince(before);
    row.otherWork().add(others);
    Row last = row.lastLaunch();
    List<String> times = new ArrayList<>();
    last.samples()
        .forEach(
            (provider, samples) ->
                times.add("%s %.3f ms".formatted(provider.label(), samples.median() / 1e6)));
    String ratio = Double.isNaN(last.ratio()) ? "" : ", ratio %.2f".formatted(last.ratio());
    progress.printf(
        "%s %s: %s%s%s%n",
        place,
        row.contest().key(),
        String.join(", ", times),
        ratio,
        others > OtherWork.QUIET ? " (beside %.1f cores of other work)".formatted(others) : "");
  }

  private void measurePeak() {
    Peak now = launcher.measurePeak();
    progress.printf("peak: %.0f GFLOP/s, copy %.1f GB/s%n", now.gigaflops(), now.gigabytes());
    peak = peak == null ? now : peak.better(now);
  }
}
