package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The times of one provider in one contest, nanoseconds a run, launch by launch; slices of
 * providers at the same place of a launch were measured one after the other.
 */
public final class Samples {
  private static final double FALLEN = 10;

  private final List<double[]> launches = new ArrayList<>();
  private double allocated = Double.NaN;

  void add(double[] nanoseconds) {
    launches.add(nanoseconds);
  }

  /** Bytes of garbage a run, as JMH's profiler counts them; the least of all slices. */
  void addAllocation(double bytes) {
    allocated = Double.isNaN(allocated) ? bytes : Math.min(allocated, bytes);
  }

  public double allocated() {
    return allocated;
  }

  public List<double[]> launches() {
    return launches;
  }

  /** The time that so much of all slices stay below. */
  public double quantile(double fraction) {
    return quantile(all(), fraction);
  }

  public double median() {
    return quantile(0.5);
  }

  /**
   * How many times faster this is than {@code other}: the median of the quotients of neighbouring
   * slices, so that load on the machine meets both.
   */
  public double timesFasterThan(Samples other) {
    List<Double> quotients = new ArrayList<>();
    for (int launch = 0; launch < Math.min(launches.size(), other.launches.size()); launch++) {
      double[] ours = launches.get(launch);
      double[] theirs = other.launches.get(launch);
      for (int i = 0; i < Math.min(ours.length, theirs.length); i++) {
        quotients.add(theirs[i] / ours[i]);
      }
    }
    return quantile(quotients.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
  }

  /** Launches, from 1, whose median is ten times the least median of a launch. */
  public List<Integer> fallenLaunches() {
    double[] medians = launches.stream().mapToDouble(times -> quantile(times, 0.5)).toArray();
    double best = Arrays.stream(medians).min().orElse(Double.NaN);
    List<Integer> fallen = new ArrayList<>();
    for (int i = 0; i < medians.length; i++) {
      if (medians[i] >= FALLEN * best) {
        fallen.add(i + 1);
      }
    }
    return fallen;
  }

  private double[] all() {
    return launches.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  private static double quantile(double[] values, double fraction) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double place = fraction * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
