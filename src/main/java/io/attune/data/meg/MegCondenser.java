package io.attune.data.meg;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.format.NpyInPlace;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The two passes over an array of RDMs that make condensed targets. The first finds the extremes
 * and, of each participant, the sum over times of unit upper triangles; the second scales, averages
 * and writes. The row mean of the T x T correlations is each time's product with the mean of all,
 * so generalisation costs T pairs instead of T^2 pairs.
 */
final class MegCondenser {
  private static final long ESTIMATE_NANOS = Duration.ofSeconds(3).toNanos();

  private final CondensePlan plan;
  private final CondenseState state;
  private final Duration saveEvery;
  private final Progress progress;
  private final MegSlices slices;
  private final boolean[] wanted;
  private final int threads = ForkJoinPool.getCommonPoolParallelism() + 1;
  private final int atOnce;
  private long lastSave = System.nanoTime();

  MegCondenser(CondensePlan plan, CondenseState state, Duration saveEvery, Progress progress) {
    this.plan = plan;
    this.saveEvery = saveEvery;
    this.state = state;
    this.progress = progress;
    this.slices = new MegSlices(plan.array(), plan.groups(), plan.request().nan());
    this.wanted = plan.wanted();
    // An eighth of the heap: slices, and as much again for what is made of them.
    this.atOnce = slices.groupsAtOnce(Runtime.getRuntime().maxMemory() / 8 / threads);
    int together = plan.array().block().times();
    if (plan.groups().factor() == 1 && atOnce < Math.min(together, plan.array().times())) {
      progress.message(
          "chunks of %d times are decompressed for every %d times, for want of heap; ATTUNE_OPTS=-Xmx... gives more"
              .formatted(together, atOnce));
    }
  }

  /** First pass: extremes, means, lengths and sums. */
  void statistics() {
    int groups = plan.groups().count();
    int participants = plan.array().participants();
    int block = plan.array().block().participants();
    int blocks = (participants + block - 1) / block;
    slices.include(new MegSlices.Extremes(state.min, state.max));
    long before = state.zeroed;
    try (Progress.Task task =
        progress.start(
            "reading for ranges and time courses", "RDMs", (long) participants * groups)) {
      task.advance((long) participants * state.next);
      Estimate estimate = new Estimate();
      while (state.next < groups) {
        int from = state.next;
        int to = Math.min(groups, from + atOnce);
        IntStream.range(0, blocks)
            .parallel()
            .forEach(
                b -> {
                  int first = b * block;
                  int count = Math.min(block, participants - first);
                  slices.read(first, count, from, to, this::measure);
                  if (to == groups && plan.groups().unused() > 0) {
                    slices.scan(first, count, plan.groups().end(groups - 1), plan.array().times());
                  }
                });
        task.advance((long) participants * (to - from));
        state.next = to;
        state.min = slices.extremes().min();
        state.max = slices.extremes().max();
        state.zeroed = before + slices.zeroed();
        saveNowAndThen(() -> {});
        estimate.tell(to, groups);
      }
    }
  }

  private void measure(int participant, int group, double[] values) {
    int t = group - plan.from();
    if (!wanted[participant] || t < 0 || t >= plan.axis().count()) {
      return;
    }
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    double mean = sum / values.length;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double length = Math.sqrt(squares);
    if (!(length > 0)) {
      throw new InputException(
          "%s: participant %d: all dissimilarities are %s at %s ms, so they correlate with nothing; leave that time or participant out"
              .formatted(plan.array().file(), participant + 1, mean, plan.axis().ms(t)));
    }
    double n = plan.array().conditions();
    state.richness[participant][t] = 2 * sum / (n * n);
    state.means[participant][t] = mean;
    state.lengths[participant][t] = length;
    double[] sums = state.sums[participant];
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (values[i] - mean) / length;
    }
  }

  /** Second pass: generalisation and targets. */
  void targets(List<NpyInPlace> outs) {
    int times = plan.axis().count();
    IntConsumer unit = from -> write(outs, from, Math.min(times, from + atOnce));
    try (Progress.Task task = progress.start("writing targets", "times", times)) {
      task.advance(state.next);
      while (state.next < times) {
        int from = state.next;
        int to = Math.min(times, from + atOnce * threads);
        IntStream.range(0, (to - from + atOnce - 1) / atOnce)
            .parallel()
            .forEach(u -> unit.accept(from + u * atOnce));
        task.advance(to - from);
        state.next = to;
        saveNowAndThen(() -> outs.forEach(NpyInPlace::force));
      }
      outs.forEach(NpyInPlace::force);
    }
  }

  /** Targets at times {@code from} to before {@code to}. */
  private void write(List<NpyInPlace> outs, int from, int to) {
    int participants = plan.array().participants();
    int block = plan.array().block().participants();
    List<MegSelection> selections = plan.request().selections();
    List<double[][]> totals = new ArrayList<>();
    selections.forEach(selection -> totals.add(new double[to - from][]));
    for (int first = 0; first < participants; first += block) {
      int count = Math.min(block, participants - first);
      if (!plan.needed(first, count)) {
        continue;
      }
      slices.read(
          first,
          count,
          plan.from() + from,
          plan.from() + to,
          (participant, group, values) -> {
            int t = group - plan.from();
            generalize(participant, t, values);
            scale(values);
            for (int s = 0; s < selections.size(); s++) {
              if (selections.get(s).averages(participant)) {
                add(values, totals.get(s), t - from);
              }
            }
          });
    }
    for (int s = 0; s < selections.size(); s++) {
      for (int t = from; t < to; t++) {
        double[] total = totals.get(s)[t - from];
        float[] target = new float[total.length];
        for (int i = 0; i < target.length; i++) {
          target[i] = (float) (total[i] / selections.get(s).participants().size());
        }
        outs.get(s).write((long) t * target.length, target);
      }
    }
  }

  /** Mean over all times of the correlation with time {@code t}. */
  private void generalize(int participant, int t, double[] values) {
    if (!wanted[participant]) {
      return;
    }
    double mean = state.means[participant][t];
    double[] sums = state.sums[participant];
    double dot = 0;
    for (int i = 0; i < sums.length; i++) {
      dot += (values[i] - mean) * sums[i];
    }
    state.generalization[participant][t] =
        dot / (state.lengths[participant][t] * plan.axis().count());
  }

  private void scale(double[] values) {
    if (isScaled(state)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (values[i] - state.min) / (state.max - state.min);
      }
    }
  }

  /** Whether a minimum and a maximum call for scaling. */
  static boolean isScaled(CondenseState state) {
    return state.min != 0 || state.max != 1;
  }

  private static void add(double[] values, double[][] totals, int at) {
    if (totals[at] == null) {
      totals[at] = values.clone();
      return;
    }
    double[] total = totals[at];
    for (int i = 0; i < total.length; i++) {
      total[i] += values[i];
    }
  }

  private void saveNowAndThen(Runnable before) {
    if (System.nanoTime() - lastSave >= saveEvery.toNanos()) {
      before.run();
      state.save();
      lastSave = System.nanoTime();
    }
  }

  /** Tells once, after a few seconds, how long both passes will take. */
  private final class Estimate {
    private final long start = System.nanoTime();
    private final int begun = state.next;
    private boolean told;

    void tell(int done, int all) {
      long nanos = System.nanoTime() - start;
      if (!told && nanos > ESTIMATE_NANOS && done < all) {
        told = true;
        double seconds = nanos / 1e9 / (done - begun) * (2.0 * all - done);
        progress.message(
            String.format(
                Locale.ROOT,
                seconds < 90 ? "about %.0f s to go" : "about %2$.0f min to go",
                seconds,
                seconds / 60));
      }
    }
  }

  /** Opens or reopens the files that the second pass fills. */
  static NpyInPlace open(Path part, CondensePlan plan, boolean isBegun) {
    Shape shape = Shape.of(plan.axis().count(), plan.pairs());
    return isBegun ? NpyInPlace.reopen(part, shape) : NpyInPlace.create(part, shape);
  }
}
