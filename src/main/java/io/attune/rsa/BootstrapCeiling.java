package io.attune.rsa;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Noise ceilings over the samples of a bootstrap. */
final class BootstrapCeiling {
  private final Rdms data;
  private final Comparison comparison;
  private final Pooling pooling;
  private final BootstrapDraws draws;
  private final Sampling everything;
  private final double[][][] drawn;

  BootstrapCeiling(Rdms data, Comparison comparison, Pooling pooling, BootstrapDraws draws) {
    this.data = data;
    this.comparison = comparison;
    this.pooling = pooling;
    this.draws = draws;
    this.everything = Sampling.everything(data);
    this.drawn = new double[2][draws.samples()][data.steps()];
  }

  /** Means over drawn participants of the lower and the upper bound: [2][samples][times]. */
  double[][][] bounds() {
    for (double[][] bound : drawn) {
      for (double[] sample : bound) {
        Arrays.fill(sample, Double.NaN);
      }
    }
    boolean ordered = pooling == Pooling.MEAN && OrderedTriangle.serves(comparison);
    List<BootstrapDraws.Crowd> crowds = draws.crowds();
    int[] times = IntStream.range(0, data.steps()).toArray();
    if (draws.conditions() == null) {
      for (int t : times) {
        ofParticipants(crowds, t);
      }
    } else {
      gathered(ordered ? Arrays.stream(times).filter(t -> !ordered(crowds, t)).toArray() : times);
    }
    return drawn;
  }

  /** All conditions take part: samples of one crowd have the same bounds. */
  private void ofParticipants(List<BootstrapDraws.Crowd> crowds, int time) {
    Triangle[] ready = everything.people(data, time, comparison);
    crowds.parallelStream()
        .forEach(
            crowd -> {
              double[][] bounds = NoiseCeiling.bounds(ready, crowd.copies(), comparison, pooling);
              for (int sample : crowd.samples()) {
                drawn[0][sample][time] = NoiseCeiling.mean(bounds[0]);
                drawn[1][sample][time] = NoiseCeiling.mean(bounds[1]);
              }
            });
  }

  /** The definition: drawn pairs are gathered, pooled and compared. */
  private void gathered(int[] times) {
    if (times.length == 0) {
      return;
    }
    IntStream.range(0, draws.samples())
        .parallel()
        .filter(draws::isDefined)
        .forEach(
            i -> {
              Sampling sampling = draws.sampling(everything, i);
              for (int t : times) {
                double[][] bounds = NoiseCeiling.bounds(sampling, data, comparison, pooling, t);
                drawn[0][i][t] = NoiseCeiling.mean(bounds[0]);
                drawn[1][i][t] = NoiseCeiling.mean(bounds[1]);
              }
            });
  }

  /**
   * One time, whose RDMs and pools of each crowd are ordered once for all samples.
   *
   * @return whether it can be had so: no pair is missing
   */
  private boolean ordered(List<BootstrapDraws.Crowd> crowds, int time) {
    int people = data.labels().size();
    double[][] values = new double[people][];
    OrderedTriangle[] own = new OrderedTriangle[people];
    IntStream.range(0, people)
        .parallel()
        .forEach(
            p -> {
              values[p] = data.at(p, time);
              own[p] = OrderedTriangle.of(comparison, values[p]);
            });
    if (Arrays.stream(own).anyMatch(triangle -> triangle.hasGaps() || triangle.isUndefined())) {
      return false;
    }
    crowds.parallelStream()
        .forEach(
            crowd -> {
              OrderedTriangle[] pools = pools(values, crowd.copies());
              draws.forEach(
                  crowd.samples(),
                  3,
                  (sample, pairs, rooms) -> compare(own, pools, sample, time, pairs, rooms));
            });
    return true;
  }

  /** For each participant the others' pool, then that of all; null for those not drawn. */
  private OrderedTriangle[] pools(double[][] values, int[] copies) {
    OrderedTriangle[] pools = new OrderedTriangle[copies.length + 1];
    IntStream.rangeClosed(0, copies.length)
        .parallel()
        .forEach(
            p -> {
              int[] others = copies.clone();
              if (p < others.length) {
                others[p] = 0;
              }
              boolean needed = p == copies.length || copies[p] > 0;
              double[] pool = needed ? NoiseCeiling.pool(values, others) : null;
              pools[p] = pool == null ? null : OrderedTriangle.of(comparison, pool);
            });
    return pools;
  }

  private void compare(
      OrderedTriangle[] own,
      OrderedTriangle[] pools,
      int sample,
      int time,
      DrawnPairs pairs,
      OrderedTriangle.Room[] rooms) {
    double[] lower = new double[own.length];
    double[] upper = new double[own.length];
    Arrays.fill(lower, Double.NaN);
    Arrays.fill(upper, Double.NaN);
    int[] copies = NoiseCeiling.copies(draws.people()[sample], own.length);
    pools[own.length].prepare(pairs, rooms[2]);
    for (int p = 0; p < own.length; p++) {
      if (copies[p] > 0) {
        own[p].prepare(pairs, rooms[0]);
        upper[p] = OrderedTriangle.similarity(comparison, pairs, rooms[0], rooms[2]);
        if (pools[p] != null) {
          pools[p].prepare(pairs, rooms[1]);
          lower[p] = OrderedTriangle.similarity(comparison, pairs, rooms[0], rooms[1]);
        }
      }
    }
    drawn[0][sample][time] = NoiseCeiling.mean(lower);
    drawn[1][sample][time] = NoiseCeiling.mean(upper);
  }
}
