package io.attune.rsa;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * RDMs over the same named conditions: one a label (a participant or a model) and, where there are
 * times, one a label and time. Immutable.
 */
public final class Rdms {
  private final List<String> names;
  private final List<String> labels;
  private final double[] times;
  private final double[][][] values;

  private Rdms(List<String> names, List<String> labels, double[] times, double[][][] values) {
    this.names = names;
    this.labels = labels;
    this.times = times;
    this.values = values;
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
    Rdm.indexOf(names);
    requireDistinct(labels);
    for (int t = 1; t < times.length; t++) {
      if (!(times[t] > times[t - 1])) {
        throw new InputException(
            "times: expected ascending ms, found %s after %s".formatted(times[t], times[t - 1]));
      }
    }
    int steps = Math.max(1, times.length);
    if (values.length != labels.size()) {
      throw new InputException("%d labels for %d RDMs".formatted(labels.size(), values.length));
    }
    for (double[][] label : values) {
      if (label.length != steps) {
        throw new InputException("%d times for %d RDMs".formatted(steps, label.length));
      }
      for (double[] rdm : label) {
        if (rdm.length != Rdm.pairs(names.size())) {
          throw new InputException(
              "RDM of %d conditions: expected %d pairs, found %d"
                  .formatted(names.size(), Rdm.pairs(names.size()), rdm.length));
        }
      }
    }
    return new Rdms(List.copyOf(names), List.copyOf(labels), times.clone(), values);
  }

  /** One RDM without time. */
  public static Rdms of(String label, Rdm rdm) {
    return of(rdm.names(), List.of(label), new double[0], new double[][][] {{rdm.condensed()}});
  }

  private static void requireDistinct(List<String> labels) {
    if (labels.stream().distinct().count() != labels.size()) {
      throw new InputException("labels of RDMs must differ: " + Names.list(labels));
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
    List<double[][]> values = new ArrayList<>();
    for (Rdms part : parts) {
      part.requireTimes(first.times);
      labels.addAll(part.labels);
      values.addAll(List.of(part.alignedTo(first.names).values));
    }
    return of(first.names, labels, first.times, values.toArray(double[][][]::new));
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
    return Rdm.ofCondensed(names, values[label][time]);
  }

  /** One upper triangle, not to be modified; RDMs without time have the same at every time. */
  double[] at(int label, int time) {
    return values[label][hasTimes() ? time : 0];
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
    double[][][] selected = new double[values.length][][];
    for (int i = 0; i < values.length; i++) {
      selected[i] =
          Arrays.stream(values[i])
              .map(rdm -> Rdm.ofCondensed(names, rdm).select(wanted).condensed())
              .toArray(double[][]::new);
    }
    return new Rdms(List.copyOf(wanted), labels, times, selected);
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
    double[][][] part =
        Arrays.stream(values)
            .map(rdms -> Arrays.stream(kept).mapToObj(t -> rdms[t]).toArray(double[][]::new))
            .toArray(double[][][]::new);
    double[] at = Arrays.stream(kept).mapToDouble(t -> times[t]).toArray();
    return new Rdms(names, labels, at, part);
  }

  /**
   * These RDMs with NaN settled: ERROR refuses it, ZERO makes it 0, DROP leaves it to be dropped
   * pair by pair. An RDM that is NaN throughout (a gated time) is undefined: it stays, whatever the
   * policy, and its comparisons are NaN.
   *
   * @throws InputException under ERROR; the message names the first place
   */
  public Rdms with(NanPolicy nan) {
    double[][][] settled = new double[values.length][][];
    for (int i = 0; i < values.length; i++) {
      settled[i] = new double[values[i].length][];
      for (int t = 0; t < values[i].length; t++) {
        settled[i][t] = settle(i, t, nan);
      }
    }
    return new Rdms(names, labels, times, settled);
  }

  private double[] settle(int label, int time, NanPolicy nan) {
    double[] rdm = values[label][time];
    int missing = 0;
    int first = -1;
    for (int p = 0; p < rdm.length; p++) {
      if (Double.isNaN(rdm[p])) {
        first = missing++ == 0 ? p : first;
      }
    }
    if (missing == 0 || missing == rdm.length || nan == NanPolicy.DROP) {
      return rdm;
    }
    if (nan == NanPolicy.ERROR) {
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
    return Arrays.stream(rdm).map(value -> Double.isNaN(value) ? 0 : value).toArray();
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
