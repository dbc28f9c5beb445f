package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How well a true model could do, given how participants differ (Nili et al., "A toolbox for
 * representational similarity analysis", 2014). Lower bound: each participant against the pooled
 * others; upper bound: each against all pooled, itself among them; means over participants.
 *
 * @param times in ms; empty without time axis
 * @param lower one a time
 * @param upper one a time
 * @param lowerEach [participants][times], of which lower is the mean; for bands
 * @param upperEach [participants][times]
 */
public record NoiseCeiling(
    double[] times, double[] lower, double[] upper, double[][] lowerEach, double[][] upperEach) {
  /**
   * Of the participants' RDMs, time by time, on all cores.
   *
   * @throws InputException if there are fewer than 2 participants
   */
  public static NoiseCeiling of(Rdms data, Comparison comparison, Pooling pooling) {
    int people = data.labels().size();
    if (people < 2) {
      throw new InputException(
          "noise ceiling: expected RDMs of at least 2 participants, found " + people);
    }
    Sampling sampling = Sampling.everything(data);
    double[][] lower = new double[people][data.steps()];
    double[][] upper = new double[people][data.steps()];
    IntStream.range(0, data.steps())
        .parallel()
        .forEach(
            t -> {
              double[][] bounds = bounds(sampling, data, comparison, pooling, t);
              for (int p = 0; p < people; p++) {
                lower[p][t] = bounds[0][p];
                upper[p][t] = bounds[1][p];
              }
            });
    return new NoiseCeiling(data.times(), means(lower), means(upper), lower, upper);
  }

  /**
   * Lower and upper bound of each participant that takes part, at one time. A participant drawn
   * several times weighs as much in the pool, and all copies are left out together. Pairs that a
   * participant lacks are left out for all.
   *
   * @return [2][participants], NaN for those not drawn, or where a side is undefined
   */
  static double[][] bounds(
      Sampling sampling, Rdms data, Comparison comparison, Pooling pooling, int time) {
    int[] copies = copies(sampling.participants(), data.labels().size());
    return bounds(sampling.people(data, time, comparison), copies, comparison, pooling);
  }

  /** How often each participant was drawn. */
  static int[] copies(int[] drawn, int people) {
    int[] copies = new int[people];
    for (int p : drawn) {
      copies[p]++;
    }
    return copies;
  }

  /**
   * As the other, of triangles that are ready.
   *
   * @param ready one a participant; those without copies are passed over
   * @param copies how often each takes part
   */
  static double[][] bounds(Triangle[] ready, int[] copies, Comparison comparison, Pooling pooling) {
    int people = copies.length;
    Triangle[] own = new Triangle[people];
    double[][] scaled = new double[people][];
    for (int p = 0; p < people; p++) {
      own[p] = copies[p] > 0 ? ready[p] : null;
    }
    own = Triangle.common(own);
    for (int p = 0; p < people; p++) {
      if (copies[p] > 0) {
        scaled[p] = pooling == Pooling.MEAN ? own[p].raw() : own[p].scaled();
      }
    }
    double[][] bounds = new double[2][people];
    for (double[] bound : bounds) {
      Arrays.fill(bound, Double.NaN);
    }
    Triangle all = null;
    for (int p = 0; p < people; p++) {
      if (copies[p] > 0) {
        all = all == null ? pooled(own[p], scaled, copies, comparison) : all;
        int[] others = copies.clone();
        others[p] = 0;
        bounds[0][p] = against(own[p], pooled(own[p], scaled, others, comparison));
        bounds[1][p] = against(own[p], all);
      }
    }
    return bounds;
  }

  private static double against(Triangle own, Triangle pooled) {
    return pooled == null ? Double.NaN : own.similarity(pooled);
  }

  /** The pool over the pairs of another triangle; null where there is none. */
  private static Triangle pooled(
      Triangle like, double[][] scaled, int[] copies, Comparison comparison) {
    double[] pool = pool(scaled, copies);
    return pool == null ? null : Triangle.of(comparison, like.pairs(), pool);
  }

  /** The weighted mean; null where nobody is left, or one of them has no scale. */
  static double[] pool(double[][] scaled, int[] copies) {
    double[] sum = null;
    int total = 0;
    for (int p = 0; p < copies.length; p++) {
      if (copies[p] > 0) {
        if (scaled[p] == null) {
          return null;
        }
        sum = sum == null ? new double[scaled[p].length] : sum;
        for (int k = 0; k < sum.length; k++) {
          sum[k] += copies[p] * scaled[p][k];
        }
        total += copies[p];
      }
    }
    for (int k = 0; sum != null && k < sum.length; k++) {
      sum[k] /= total;
    }
    return sum;
  }

  /** Means over participants at each time, undefined ones left out. */
  private static double[] means(double[][] each) {
    return IntStream.range(0, each[0].length)
        .mapToDouble(t -> mean(Arrays.stream(each).mapToDouble(row -> row[t]).toArray()))
        .toArray();
  }

  /** The mean of those that are defined. */
  static double mean(double[] values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
  }
}
