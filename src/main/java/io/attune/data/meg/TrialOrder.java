package io.attune.data.meg;

import io.attune.InputException;
import io.attune.rsa.Trials;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Trials sorted by condition, and where each lies in the file.
 *
 * @param trials sorted by condition, within one as in the file
 * @param places [trials in the file], the place of each among the sorted; -1 if it is left out
 * @param leftOut names of conditions whose trials are left out
 */
record TrialOrder(Trials trials, int[] places, List<String> leftOut) {
  private static final int SHOWN = 5;

  /**
   * Sorts.
   *
   * @param where what bears the labels, for messages
   * @param conditions of each trial in the file
   * @param sessions of each trial in the file
   * @param wanted conditions to keep, in the order of the RDM's rows; empty keeps all: in numeric
   *     order if all are whole numbers, else as text
   * @throws InputException if a wanted condition has no trial, or fewer than three are left
   */
  static TrialOrder of(
      String where, List<String> conditions, List<String> sessions, List<String> wanted) {
    Map<String, List<Integer>> of = new HashMap<>();
    for (int t = 0; t < conditions.size(); t++) {
      of.computeIfAbsent(conditions.get(t), _ -> new ArrayList<>()).add(t);
    }
    List<String> names = wanted.isEmpty() ? sorted(of.keySet()) : wanted;
    List<String> missing = names.stream().filter(name -> !of.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "%s: no trial of %s of the %d conditions that --names or --things lists"
              .formatted(where, shown(missing), names.size()));
    }
    if (names.size() < 3) {
      throw new InputException(
          "%s: trials of %s, expected 3 conditions or more".formatted(where, shown(names)));
    }
    int[] places = new int[conditions.size()];
    Arrays.fill(places, -1);
    int[] starts = new int[names.size() + 1];
    List<String> kept = new ArrayList<>();
    for (int c = 0; c < names.size(); c++) {
      for (int trial : of.get(names.get(c))) {
        places[trial] = kept.size();
        kept.add(sessions.get(trial));
      }
      starts[c + 1] = kept.size();
    }
    Map<String, Integer> numbers = new LinkedHashMap<>();
    kept.forEach(session -> numbers.putIfAbsent(session, numbers.size()));
    int[] session = kept.stream().mapToInt(numbers::get).toArray();
    Set<String> others = new LinkedHashSet<>(sorted(of.keySet()));
    names.forEach(others::remove);
    return new TrialOrder(
        new Trials(names, starts, session, numbers.size()), places, List.copyOf(others));
  }

  private static List<String> sorted(Collection<String> names) {
    boolean areNumbers = names.stream().allMatch(name -> name.matches("-?\\d{1,18}"));
    return areNumbers
        ? names.stream().sorted(Comparator.comparingLong(Long::parseLong)).toList()
        : List.copyOf(new TreeSet<>(names));
  }

  /** As in {@code 7 (axe, bag, cup, dog, ear, ...)}. */
  static String shown(List<String> names) {
    return "%d (%s%s)"
        .formatted(
            names.size(),
            String.join(", ", names.subList(0, Math.min(SHOWN, names.size()))),
            names.size() > SHOWN ? ", ..." : "");
  }
}
