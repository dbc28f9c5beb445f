package io.attune.rsa;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * RDMs over the same named conditions: one a label (a participant or a model) and, where there are
 * times, one a label and time. Immutable. They are held, or come from a source each time they are
 * used, so that RDMs of many times need not fit the heap together.
 */
public final class Rdms {
  private final List<String> names;
  private final List<String> labels;
  private final double[] times;
  private final Source source;
  private final double[] variances;

  /** Where RDMs come from. */
  @FunctionalInterface
  public interface Source {
    /**
     * An upper triangle, row by row; NaN where undefined. Several threads ask, for one RDM more
     * than once, and get the same values; what they get they do not change.
     *
     * @param time counts from 0; 0 for RDMs without time
     */
    double[] condensed(int label, int time);
  }

  private Rdms(
      List<String> names, List<String> labels, double[] times, Source source, double[] variances) {
    this.variances = variances;
    this.names = names;
    this.labels = labels;
    this.times = times;
    this.source = source;
  }

  /**
   * From upper triangles.
   *
   * @param names of the conditions, none twice
   * @param labels of participants or models, none twice
   * @param times in ms, ascending; empty for RDMs without time
   * @param values [labels][times, or 1][pairs], row by row; NaN where undefined; taken over, not
   *     copied
   * @throws InputException if extents do not fit, or a name or label is given twice
   */
  public static Rdms of(
      List<String> names, List<String> labels, double[] times, double[][][] values) {
    Rdms rdms = of(names, labels, times, (label, time) -> values[label][time]);
    if (values.length != labels.size()) {
      throw new InputException("%d labels for %d RDMs".formatted(labels.size(), values.length));
    }
    for (double[][] label : values) {
      if (label.length != rdms.steps()) {
        throw new InputException("%d times for %d RDMs".formatted(rdms.steps(), label.length));
      }
      for (double[] rdm : label) {
        if (rdm.length != Rdm.pairs(names.size())) {
          throw new InputException(
              "RDM of %d conditions: expected %d pairs, found %d"
                  .formatted(names.size(), Rdm.pairs(names.size()), rdm.length));
        }
      }
    }
    return rdms;
  }

  /**
   * From where upper triangles come from; nothing is held.
   *
   * @param names of the conditions, none twice
   * @param labels of participants or models, none twice
   * @param times in ms, ascending; empty for RDMs without time
   * @throws InputException if a name or label is given twice, or times do not ascend
   */
  public static Rdms of(List<String> names, List<String> labels, double[] times, Source source) {
    Rdm.indexOf(names);
    requireDistinct(labels);
    for (int t = 1; t < times.length; t++) {
      if (!(times[t] > times[t - 1])) {
        throw new InputException(
            "times: expected ascending ms, found %s after %s".formatted(times[t], times[t - 1]));
      }
    }
    return new Rdms(List.copyOf(names), List.copyOf(labels), times.clone(), source, null);
  }

  /** One RDM without time. */
  public static Rdms of(String label, Rdm rdm) {
    return of(rdm.names(), List.of(label), new double[0], new double[][][] {{rdm.condensed()}});
  }

  private static List<String> checked(List<String> labels) {
    requireDistinct(labels);
    return List.copyOf(labels);
  }

  private static void requireDistinct(List<String> labels) {
    if (labels.stream().distinct().count() != labels.size()) {
      throw new InputException(
          "two RDMs are called alike, of %s; name the files apart".formatted(Names.list(labels)));
    }
  }

  /**
   * Those of several, in their order, all with the conditions of the first.
   *
   * @throws InputException if conditions or times differ, or a label comes twice
   */
  public static Rdms join(List<Rdms> parts) {
    Rdms first = parts.getFirst();
    List<String> labels = new ArrayList<>();
    List<Rdms> owners = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (Rdms part : parts) {
      part.requireTimes(first.times);
      Rdms aligned = part.alignedTo(first.names);
      for (int i = 0; i < part.labels.size(); i++) {
        labels.add(part.labels.get(i));
        owners.add(aligned);
        places.add(i);
      }
    }
    Source each = (label, time) -> owners.get(label).source.condensed(places.get(label), time);
    return new Rdms(first.names, checked(labels), first.times, each, first.variances);
  }

  /**
   * The same RDMs with the variances of their conditions' noise, which the whitened measures take
   * into account: of data, where they are compared with models.
   *
   * @param variances one a condition, above 0, in any unit
   * @throws InputException if there are not as many, or one is no number above 0
   */
  public Rdms withVariances(double[] variances) {
    if (variances.length != names.size()) {
      throw new InputException(
          "%d variances of noise for %d conditions".formatted(variances.length, names.size()));
    }
    for (int i = 0; i < variances.length; i++) {
      if (!(variances[i] > 0) || Double.isInfinite(variances[i])) {
        throw new InputException(
            "%s: variance of noise %s, expected a number above 0"
                .formatted(names.get(i), variances[i]));
      }
    }
    // Of the order of 1, so that squares of very large or small ones stay numbers.
    double largest = Arrays.stream(variances).max().orElse(1);
    double[] relative = Arrays.stream(variances).map(value -> value / largest).toArray();
    return new Rdms(names, labels, times, source, relative);
  }

  /** A copy of the relative variances of the conditions' noise; null where all are equal. */
  public double[] variances() {
    return variances == null ? null : variances.clone();
  }

  /** Condition names, in the order of rows. */
  public List<String> names() {
    return names;
  }

  /** Labels of participants or models. */
  public List<String> labels() {
    return labels;
  }

  /** Number of conditions. */
  public int conditions() {
    return names.size();
  }

  /** Whether there is a time axis. */
  public boolean hasTimes() {
    return times.length > 0;
  }

  /** A copy of the times in ms; empty without time axis. */
  public double[] times() {
    return times.clone();
  }

  /** Number of RDMs of each label: of times, or 1. */
  public int steps() {
    return Math.max(1, times.length);
  }

  /** One RDM; {@code time} counts from 0. */
  public Rdm rdm(int label, int time) {
    return Rdm.ofCondensed(names, source.condensed(label, time));
  }

  /** One upper triangle, not to be modified; RDMs without time have the same at every time. */
  double[] at(int label, int time) {
    return source.condensed(label, hasTimes() ? time : 0);
  }

  /** Those of one label. */
  public Rdms only(int label) {
    return new Rdms(
        names,
        List.of(labels.get(label)),
        times,
        (only, time) -> source.condensed(label, time),
        variances);
  }

  /**
   * The RDMs of the given conditions, in the given order.
   *
   * @throws InputException if a name is not a condition; the message lists them
   */
  public Rdms select(List<String> wanted) {
    if (wanted.equals(names)) {
      return this;
    }
    int[] places = Rdm.places(names, wanted);
    return new Rdms(
        List.copyOf(wanted),
        labels,
        times,
        (label, time) -> Rdm.selected(source.condensed(label, time), names.size(), places),
        variances == null ? null : Arrays.stream(places).mapToDouble(i -> variances[i]).toArray());
  }

  /**
   * These RDMs in the order of other names that are the same conditions.
   *
   * @throws InputException if the conditions differ; the message lists those on one side only
   */
  public Rdms alignedTo(List<String> others) {
    Rdm.requireSame(names, others);
    return select(others);
  }

  /**
   * The RDMs at the times {@code from} to {@code to}, both included.
   *
   * @throws InputException if there are none
   */
  public Rdms between(double from, double to) {
    int[] kept = Samples.between(times, from, to);
    double[] at = Arrays.stream(kept).mapToDouble(t -> times[t]).toArray();
    return new Rdms(
        names, labels, at, (label, time) -> source.condensed(label, kept[time]), variances);
  }

  /**
   * These RDMs with NaN settled: ERROR refuses it, ZERO makes it 0, DROP leaves it to be dropped
   * pair by pair. An RDM that is NaN throughout (a gated time) is undefined: it stays, whatever the
   * policy, and its comparisons are NaN.
   *
   * @throws InputException under ERROR; the message names the first place
   */
  public Rdms with(NanPolicy nan) {
    if (nan == NanPolicy.DROP) {
      return this;
    }
    if (nan == NanPolicy.ZERO) {
      return new Rdms(
          names, labels, times, (label, time) -> zeroed(source.condensed(label, time)), variances);
    }
    int steps = steps();
    IntStream.range(0, labels.size() * steps)
        .parallel()
        .filter(i -> isHoled(source.condensed(i / steps, i % steps)))
        .findFirst()
        .ifPresent(i -> refuseNan(i / steps, i % steps));
    return this;
  }

  private static double[] zeroed(double[] rdm) {
    return isHoled(rdm)
        ? Arrays.stream(rdm).map(value -> Double.isNaN(value) ? 0 : value).toArray()
        : rdm;
  }

  private static int missing(double[] rdm) {
    int missing = 0;
    for (double value : rdm) {
      missing += Double.isNaN(value) ? 1 : 0;
    }
    return missing;
  }

  /** Whether there is NaN, but not throughout. */
  private static boolean isHoled(double[] rdm) {
    int missing = missing(rdm);
    return missing > 0 && missing < rdm.length;
  }

  private void refuseNan(int label, int time) {
    double[] rdm = source.condensed(label, time);
    int missing = missing(rdm);
    int first = 0;
    while (!Double.isNaN(rdm[first])) {
      first++;
    }
    Pairs pairs = Pairs.all(names.size());
    throw new InputException(
        "RDM of %s%s: NaN at (%s, %s) and %d more pairs; repair it or choose to drop or zero NaN"
            .formatted(
                labels.get(label),
                hasTimes() ? " at " + times[time] + " ms" : "",
                names.get(pairs.first(first)),
                names.get(pairs.second(first)),
                missing - 1));
  }

  /** Asserts that these RDMs have exactly these times. */
  void requireTimes(double[] expected) {
    if (times.length != expected.length) {
      throw new InputException(
          "times differ: %s against %s".formatted(Samples.text(times), Samples.text(expected)));
    }
    for (int t = 0; t < times.length; t++) {
      if (Math.abs(times[t] - expected[t]) > 1e-6) {
        throw new InputException(
            "times differ: sample %d is at %s against %s ms".formatted(t, times[t], expected[t]));
      }
    }
  }
}
