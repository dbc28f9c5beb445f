package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.format.MatFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Triplets of an odd-one-out task: a line each, three things apart by white space or commas, the
 * odd one last. They are row numbers from 0, or names of rows.
 */
public final class TripletFile {
  private TripletFile() {}

  /**
   * Reads triplets as indices of rows.
   *
   * @param names of the rows
   * @param collected numbers that the file gives rows, see {@link #collected}; null if it numbers
   *     them in order
   * @throws InputException on a line that is no triplet, or a number or name of no row, or if there
   *     is none
   */
  public static int[][] read(Path file, List<String> names, int[] collected) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      places.put(names.get(i), i);
    }
    for (int i = 0; i < names.size(); i++) {
      places.putIfAbsent(Integer.toString(collected == null ? i : collected[i]), i);
    }
    List<int[]> triplets = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          triplets.add(triplet(file, number, line.strip(), places, names.size()));
        }
      }
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
    if (triplets.isEmpty()) {
      throw new InputException(file + ": holds no triplets");
    }
    return triplets.toArray(int[][]::new);
  }

  private static int[] triplet(
      Path file, int number, String line, Map<String, Integer> places, int rows) {
    String[] things = line.split("[\\s,]+");
    if (things.length != 3) {
      throw new InputException(
          "%s, line %d: expected three things, the odd one last; found '%s'"
              .formatted(file, number, line));
    }
    int[] triplet = new int[3];
    for (int k = 0; k < 3; k++) {
      Integer place = places.get(things[k]);
      if (place == null) {
        throw new InputException(
            "%s, line %d: no row %s among the %d features"
                .formatted(file, number, things[k], rows));
      }
      triplet[k] = place;
    }
    if (triplet[0] == triplet[1] || triplet[0] == triplet[2] || triplet[1] == triplet[2]) {
      throw new InputException(
          "%s, line %d: expected three different things, found '%s'".formatted(file, number, line));
    }
    return triplet;
  }

  /**
   * The number, from 0, by which THINGS' triplets call each row: {@code sortind.mat} holds it from
   * 1.
   *
   * @throws InputException if it is not a permutation of n
   */
  public static int[] collected(Path sortind, int n) {
    double[] numbers;
    try (MatFile mat = MatFile.open(sortind)) {
      numbers = mat.numbers("sortind").values();
    }
    int[] collected = new int[numbers.length];
    boolean[] seen = new boolean[n];
    for (int i = 0; i < numbers.length; i++) {
      collected[i] = (int) numbers[i] - 1;
      boolean fits =
          numbers.length == n
              && collected[i] == numbers[i] - 1
              && collected[i] >= 0
              && collected[i] < n
              && !seen[collected[i]];
      if (!fits) {
        throw new InputException(
            "%s: expected each of 1..%d once, one for each feature row".formatted(sortind, n));
      }
      seen[collected[i]] = true;
    }
    return collected;
  }
}
