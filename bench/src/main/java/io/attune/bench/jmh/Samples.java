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
  private Gauges gauges = Gauges.NONE;
  private long residentBytes = ResidentMemory.UNKNOWN;

  void add(double[] nanoseconds) {
    launches.add(nanoseconds);
  }

  /** Bytes of garbage a run, in the last slice of a launch; the worst launch counts. */
  void addAllocation(double bytes) {
    allocated = Double.isNaN(allocated) ? bytes : Math.max(allocated, bytes);
  }

  /** What a slice told of itself. */
  void add(Gauges more, long resident) {
    gauges = gauges.plus(more);
    residentBytes = Math.max(residentBytes, resident);
  }

  /** Of all slices together. */
  public Gauges gauges() {
    return gauges;
  }

  /** What of a launch's process was in memory at most, all its providers; 0 if unknown. */
  public long residentBytes() {
    return residentBytes;
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

  /** The median of each launch. */
  public List<Double> launchMedians() {
    return launches.stream().map(times -> quantile(times, 0.5)).toList();
  }

  /** Launches, from 1, whose median is ten times the least median of a launch. */
  public List<Integer> fallenLaunches() {
    List<Double> medians = launchMedians();
    double best = medians.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
    List<Integer> fallen = new ArrayList<>();
    for (int i = 0; i < medians.size(); i++) {
      if (medians.get(i) >= FALLEN * best) {
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
