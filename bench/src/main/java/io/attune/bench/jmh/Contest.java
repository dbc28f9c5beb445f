package io.attune.bench.jmh;

import java.util.EnumMap;
import java.util.Map;

/**
 * One row of results: an operation at one shape, and who can do it.
 *
 * @param operation such as {@code gemm dX}
 * @param shape such as {@code vit-b-32 fc1 800x768x3072}
 * @param amount of work
 * @param tolerance largest difference of outputs between providers that counts as the same, over
 *     the largest magnitude in that output
 * @param pace how long it takes
 * @param entries for each provider how it enters, given the number of threads
 */
public record Contest(
    String operation,
    String shape,
    Amount amount,
    double tolerance,
    Pace pace,
    Map<Provider, Entry> entries) {
  /** Opens a contestant on so many threads. */
  public interface Entry {
    Contestant open(int threads) throws Exception;
  }

  /** How many slices of time each provider gets in a launch. */
  public enum Pace {
    /** Well under a tenth of a second a run. */
    SHORT,
    /** Seconds a run: a slice is one run. */
    LONG
  }

  /** A contest of short runs. */
  public static Contest of(
      String operation, String shape, Amount amount, double tolerance, Map<Provider, Entry> by) {
    return new Contest(operation, shape, amount, tolerance, Pace.SHORT, new EnumMap<>(by));
  }

  /** The same with other pace. */
  public Contest paced(Pace other) {
    return new Contest(operation, shape, amount, tolerance, other, entries);
  }

  /** Tells it from all other contests. */
  public String key() {
    return operation + " / " + shape;
  }
}
