package io.attune.data.meg;

import io.attune.InputException;
import io.attune.rsa.Trials;
import io.attune.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What a request means for the epochs it names.
 *
 * @param request as asked
 * @param epochs open
 * @param order of the trials
 * @param atOnce how many samples the heap holds at once, and one pass through the file reads
 */
record EpochPlan(EpochRequest request, Epochs epochs, TrialOrder order, int atOnce) {
  /**
   * Multiplications and additions, in pairs, a second and core: measured, see docs/meg-export.md.
   */
  private static final double RATE = 2e9;

  /**
   * Plans, and asserts that labels, conditions and sessions fit the measure and the epochs the
   * heap.
   *
   * @throws InputException if they do not
   */
  static EpochPlan of(EpochRequest request, Epochs epochs) {
    List<String> conditions = TrialLabels.read(epochs, request.conditions(), "conditions");
    boolean hasSessions =
        request.measure().usesSessions()
            || request.sessions() != null
            || TrialLabels.isThere(epochs, "sessions");
    List<String> sessions =
        hasSessions
            ? TrialLabels.read(epochs, request.sessions(), "sessions")
            : Collections.nCopies(epochs.trials(), "1");
    String where =
        (request.conditions() == null ? request.file() : request.conditions()).toString();
    TrialOrder order = TrialOrder.of(where, conditions, sessions, request.names());
    request.measure().require(order.trials());
    long sample = 8L * order.trials().count() * epochs.channels();
    long n = order.trials().conditions();
    long scratch = 5 * sample + 32 * n * n;
    long heap = Runtime.getRuntime().maxMemory();
    long atOnce =
        Math.min(epochs.samples(), (heap * 3 / 4 - scratch) / Math.max(1, sample + sample / 4));
    if (atOnce < 1 || sample / 8 > Integer.MAX_VALUE - 8) {
      throw new InputException(
          "%s: one sample of %d trials needs a heap of %s, it is %s; ATTUNE_OPTS=-Xmx... gives more"
              .formatted(
                  request.file(),
                  order.trials().count(),
                  CondensePlan.bytes((scratch + sample + sample / 4) * 4 / 3),
                  CondensePlan.bytes(heap)));
    }
    return new EpochPlan(request, epochs, order, (int) atOnce);
  }

  /** Pairs of conditions. */
  int pairs() {
    return MegSlices.pairs(order.trials().conditions());
  }

  /** Where work under way lies. */
  Path work() {
    return beside(".part");
  }

  /** The conditions' names, one a line in the order of the rows. */
  Path names() {
    return beside(".names.txt");
  }

  /** What was computed. */
  Path json() {
    return beside(".json");
  }

  /** All that is written in the end. */
  List<Path> files() {
    return List.of(request.out(), names(), json());
  }

  private Path beside(String suffix) {
    return request.out().resolveSibling(request.out().getFileName() + suffix);
  }

  /** Bytes of the result. */
  private long outputBytes() {
    long n = order.trials().conditions();
    return request.dtype().bytes() * n * n * epochs.samples();
  }

  /** Asserts that the disk holds work and result. */
  void requireRoom() {
    Path folder = request.out().toAbsolutePath().getParent();
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      long needed = outputBytes() + 8L * pairs() * epochs.samples();
      if (free < needed) {
        throw new InputException(
            "%s: needs %s, the disk has %s free"
                .formatted(folder, CondensePlan.bytes(needed), CondensePlan.bytes(free)));
      }
    } catch (IOException e) {
      throw InputException.unreadable(folder, e);
    }
  }

  /** Tells apart requests and states of the files they name. */
  String fingerprint() {
    try {
      Trials trials = order.trials();
      String labels =
          "%s %s %s"
              .formatted(
                  trials.names(),
                  Arrays.toString(order.places()),
                  Arrays.toString(trials.sessions()));
      return "%s | %d bytes | %s | shape %s | labels %s"
          .formatted(
              request,
              Files.size(epochs.file()),
              Files.getLastModifiedTime(epochs.file()),
              epochs.shape(),
              Sha256.ofText(labels));
    } catch (IOException e) {
      throw InputException.unreadable(epochs.file(), e);
    }
  }

  /** What will be read, computed and written, and how long it will take, a line each. */
  List<String> lines() {
    Trials trials = order.trials();
    List<String> lines = new ArrayList<>();
    lines.add("%s: %s (trials, channels, samples)".formatted(epochs.file(), epochs.shape()));
    lines.add(
        "%d conditions, %s to %s, %d trials of %d %s"
            .formatted(
                trials.conditions(),
                trials.names().getFirst(),
                trials.names().getLast(),
                trials.count(),
                trials.sessionCount(),
                trials.sessionCount() == 1 ? "session" : "sessions"));
    if (!order.leftOut().isEmpty()) {
      lines.add(
          "left out: %d trials of other conditions: %s"
              .formatted(epochs.trials() - trials.count(), TrialOrder.shown(order.leftOut())));
    }
    EpochMeasure measure = request.measure();
    lines.add(
        measure.description()
            + (measure.usesSessions() ? "; shrinkage " + request.shrinkage() : ""));
    int passes = (epochs.samples() + atOnce - 1) / atOnce;
    lines.add(
        "reads the file %s; writes %s of %s"
            .formatted(
                passes == 1
                    ? "once"
                    : "%d times, %d samples each, for want of heap (ATTUNE_OPTS=-Xmx... gives more)"
                        .formatted(passes, atOnce),
                CondensePlan.bytes(outputBytes()),
                request.dtype() == DType.F32 ? "float32" : "float64"));
    double cost = measure.cost(trials, epochs.channels()) * epochs.samples();
    int cores = Runtime.getRuntime().availableProcessors();
    lines.add(
        String.format(
            Locale.ROOT,
            "cost: %.2g multiplications and additions, about %s on %d cores if nothing else runs",
            cost,
            duration(cost / RATE / cores),
            cores));
    return lines;
  }

  /** Such as {@code 3.2 h}. */
  static String duration(double seconds) {
    return seconds < 90
        ? String.format(Locale.ROOT, "%.0f s", Math.ceil(seconds))
        : seconds < 5400
            ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
            : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
