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
 * @param shares what part of the work a run of a provider does, where that is not all of it
 * @param point where on the axis of a scaling table it lies; null outside such tables
 */
public record Contest(
    String operation,
    String shape,
    Amount amount,
    double tolerance,
    Pace pace,
    Map<Provider, Entry> entries,
    Map<Provider, Double> shares,
    Point point) {
  /** Opens a contestant on so many threads. */
  public interface Entry {
    Contestant open(int threads) throws Exception;
  }

  /** How many slices of time each provider gets in a launch. */
  public enum Pace {
    /** Well under a tenth of a second a run. */
    SHORT,
    /** Seconds a run: a slice is one run. */
    LONG,
    /** A whole run of training: one slice, after the run that outputs are compared of. */
    WHOLE
  }

  /**
   * A place in a scaling table: one thing varies, all else stays.
   *
   * @param axis what varies, such as {@code batch}
   * @param value how much of it there is
   */
  public record Point(String axis, int value) {
    /** The axis on which the number of threads itself varies. */
    public static final String THREADS = "threads";
  }

  /** A contest of short runs. */
  public static Contest of(
      String operation, String shape, Amount amount, double tolerance, Map<Provider, Entry> by) {
    return new Contest(
        operation, shape, amount, tolerance, Pace.SHORT, new EnumMap<>(by), Map.of(), null);
  }

  /** The same with other pace. */
  public Contest paced(Pace other) {
    return new Contest(operation, shape, amount, tolerance, other, entries, shares, point);
  }

  /**
   * The same, in which a run of {@code provider} does only this part of the work, and counts as so
   * much longer: for peers that would take minutes.
   */
  public Contest sharing(Provider provider, double share) {
    Map<Provider, Double> more = new EnumMap<>(Provider.class);
    more.putAll(shares);
    more.put(provider, share);
    return new Contest(operation, shape, amount, tolerance, pace, entries, more, point);
  }

  /** The same as a point of a scaling table. */
  public Contest at(String axis, int value) {
    return new Contest(
        operation, shape, amount, tolerance, pace, entries, shares, new Point(axis, value));
  }

  /** What part of the work a run of {@code provider} does. */
  double share(Provider provider) {
    return shares.getOrDefault(provider, 1.0);
  }

  /** Threads that it runs on where a run of the bench has so many. */
  int threads(int most) {
    return point != null && point.axis().equals(Point.THREADS) ? point.value() : most;
  }

  /** Tells it from all other contests. */
  public String key() {
    return operation + " / " + shape;
  }
}
