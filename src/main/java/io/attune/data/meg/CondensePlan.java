package io.attune.data.meg;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a request means for the file it names: which groups of samples are kept, who is needed.
 *
 * @param request as asked
 * @param array open
 * @param groups of all samples
 * @param from first group kept
 * @param axis times of the groups kept
 */
record CondensePlan(
    CondenseRequest request, MegArray array, TimeGroups groups, int from, TimeAxis axis) {

  /**
   * Plans, and asserts that names, participants and times fit the file.
   *
   * @throws InputException if they do not
   */
  static CondensePlan of(CondenseRequest request, MegArray array) {
    TimeAxis samples = request.sampleAxis(array.times());
    TimeGroups groups = request.groups(samples);
    TimeAxis all = groups.axis(samples);
    int from = request.fromMs() == null ? 0 : all.indexOf(request.fromMs());
    int last = request.toMs() == null ? all.count() - 1 : all.indexOf(request.toMs());
    if (last < from) {
      throw new InputException(
          "times: %s..%s ms is no range".formatted(request.fromMs(), request.toMs()));
    }
    if (!request.names().isEmpty() && request.names().size() != array.conditions()) {
      throw new InputException(
          "%s: RDMs of %d conditions, but %d names are given; take the list of its own rows"
              .formatted(array.file(), array.conditions(), request.names().size()));
    }
    for (MegSelection selection : request.selections()) {
      for (List<Integer> some : List.of(selection.participants(), selection.curveParticipants())) {
        for (int p : some) {
          if (p < 1 || p > array.participants()) {
            throw new InputException(
                "%s: no participant %d, it holds %d"
                    .formatted(array.file(), p, array.participants()));
          }
        }
      }
    }
    return new CondensePlan(request, array, groups, from, all.part(from, last - from + 1));
  }

  /** Pairs of conditions. */
  int pairs() {
    return MegSlices.pairs(array.conditions());
  }

  /** For which participants, from 0, time courses are computed. */
  boolean[] wanted() {
    boolean[] wanted = new boolean[array.participants()];
    for (MegSelection selection : request.selections()) {
      selection.curveParticipants().forEach(p -> wanted[p - 1] = true);
    }
    return wanted;
  }

  /** Whether the second pass needs any participant, from 0, of a range. */
  boolean needed(int first, int count) {
    boolean[] wanted = wanted();
    for (int p = first; p < first + count; p++) {
      int participant = p;
      if (wanted[p] || request.selections().stream().anyMatch(s -> s.averages(participant))) {
        return true;
      }
    }
    return false;
  }

  /** Bytes of all targets. */
  long outputBytes() {
    return 4L * axis.count() * pairs() * request.selections().size();
  }

  /** Tells apart requests and states of the source file. */
  String fingerprint() {
    try {
      return "%s | %d bytes | %s | shape %s"
          .formatted(
              request,
              Files.size(array.file()),
              Files.getLastModifiedTime(array.file()),
              array.shape());
    } catch (IOException e) {
      throw InputException.unreadable(array.file(), e);
    }
  }

  /** What will be read and written, a line each. */
  List<String> lines() {
    String source =
        "%s%s: %s; the diagonal is taken as 0"
            .formatted(
                array.file(),
                array.dataset().isEmpty() ? "" : ", dataset " + array.dataset(),
                array.shape());
    String times =
        groups.factor() == 1
            ? "times: " + axis
            : "times: %s; each but the first the mean of %d samples%s"
                .formatted(
                    axis,
                    groups.factor(),
                    groups.unused() == 0 ? "" : ", the last %d unused".formatted(groups.unused()));
    String conditions =
        "%d conditions, %s"
            .formatted(
                array.conditions(),
                request.names().isEmpty()
                    ? "without names: they can be chosen by row only (--things or --names)"
                    : request.names().getFirst() + " to " + request.names().getLast());
    String work =
        "reads %s of numbers for ranges and time courses, then what the targets need once more; writes %s"
            .formatted(bytes(8L * array.shape().size()), bytes(outputBytes()));
    String targets =
        request.selections().stream().map(CondensePlan::line).collect(Collectors.joining("; "));
    return List.of(source, times, conditions, targets, work);
  }

  private static String line(MegSelection selection) {
    return "%s: %s, time courses of %s"
        .formatted(
            selection.out(),
            selection.participants().size() == 1
                ? "participant " + selection.participants().getFirst()
                : "mean of participants " + list(selection.participants()),
            selection.curveParticipants().equals(selection.participants())
                ? "the same"
                : list(selection.curveParticipants()));
  }

  private static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  /** Such as {@code 1.93 GB}. */
  static String bytes(long bytes) {
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : bytes < 1_000_000_000
            ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
            : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
