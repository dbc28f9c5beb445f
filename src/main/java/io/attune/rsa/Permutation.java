package io.attune.rsa;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Tests whether a model's conditions matter: its condition labels are shuffled, the same shuffle at
 * all times, and the mean similarity with the participants is computed anew. p = (1 + shuffles at
 * least as similar) / (1 + shuffles), one-sided. Shuffle i depends on the seed and i alone.
 *
 * @param permutations how many shuffles
 * @param seed of the shuffles
 */
public record Permutation(int permutations, long seed) {
  private static final int STREAM = 0x52534103;

  /** What is ready for comparison at once: it stays in cache while all shuffles go over it. */
  private static final long READY_BYTES = 96L << 20;

  /** Rounding of a sum in another order must not break a tie with the true labels. */
  private static final double TIE = 1e-12;

  /**
   * @throws InputException if permutations is below 1
   */
  public Permutation {
    if (permutations < 1) {
      throw new InputException("permutations: expected at least 1, found " + permutations);
    }
  }

  /**
   * The p-values of each model at each time, not corrected; see {@link FalseDiscovery}.
   *
   * @return [models][times, or 1]; NaN where the similarity is
   */
  public double[][] test(Rdms models, Rdms data, Comparison comparison) {
    Rdms aligned = Similarity.matched(models, data);
    double[][] observed = new double[models.labels().size()][];
    Similarity similarity = Similarity.of(aligned, data, comparison);
    Arrays.setAll(observed, similarity::mean);
    int labels = observed.length + data.labels().size();
    long each = 2L * Double.BYTES * Rdm.pairs(data.conditions()) * labels;
    int block = (int) Math.clamp(READY_BYTES / each, 1, data.steps());
    int[][] atLeast = new int[observed.length][data.steps()];
    for (int from = 0; from < data.steps(); from += block) {
      int[] times = IntStream.range(from, Math.min(from + block, data.steps())).toArray();
      count(aligned, data, comparison, times, observed, atLeast);
    }
    double[][] p = new double[observed.length][data.steps()];
    for (int m = 0; m < p.length; m++) {
      for (int t = 0; t < p[m].length; t++) {
        p[m][t] =
            Double.isNaN(observed[m][t])
                ? Double.NaN
                : (1 + atLeast[m][t]) / (double) (1 + permutations);
      }
    }
    return p;
  }

  /** Adds up how many shuffles are at least as similar, at some times. */
  private void count(
      Rdms models,
      Rdms data,
      Comparison comparison,
      int[] times,
      double[][] observed,
      int[][] atLeast) {
    Sampling everything = Sampling.everything(data);
    Triangle[][] known = new Triangle[times.length][];
    Triangle[][] own = new Triangle[times.length][];
    Triangle[] still = models.hasTimes() ? null : everything.models(models, 0, comparison);
    IntStream.range(0, times.length)
        .parallel()
        .forEach(
            i -> {
              known[i] = everything.people(data, times[i], comparison);
              own[i] = still == null ? everything.models(models, times[i], comparison) : still;
            });
    boolean complete = Arrays.stream(known).flatMap(Arrays::stream).allMatch(Triangle::isComplete);
    double[][] directions =
        Arrays.stream(known)
            .parallel()
            .map(people -> complete ? Triangle.meanDirection(people) : null)
            .toArray(double[][]::new);
    boolean[][][] reached = new boolean[permutations][][];
    IntStream.range(0, permutations)
        .parallel()
        .forEach(
            shuffle -> {
              Shuffled shuffled =
                  new Shuffled(order(shuffle, data.conditions()), everything.pairs(), comparison);
              reached[shuffle] = new boolean[observed.length][times.length];
              for (int m = 0; m < observed.length; m++) {
                for (int i = 0; i < times.length; i++) {
                  if (i == 0 || own[i] != own[i - 1]) {
                    shuffled.take(complete ? own[i][m] : null, models, m, times[i]);
                  }
                  double value =
                      directions[i] == null || !shuffled.triangle.isComplete()
                          ? shuffled.meanSimilarity(known[i])
                          : shuffled.triangle.along(directions[i]);
                  reached[shuffle][m][i] = value >= observed[m][times[i]] - TIE;
                }
              }
            });
    for (boolean[][] shuffle : reached) {
      for (int m = 0; m < observed.length; m++) {
        for (int i = 0; i < times.length; i++) {
          atLeast[m][times[i]] += shuffle[m][i] ? 1 : 0;
        }
      }
    }
  }

  /** A model whose conditions are shuffled: ranks and centred values move, nothing is sorted. */
  private static final class Shuffled {
    private final Comparison comparison;
    private final Sampling sampling;
    private final int[] places;
    private final double[] room;
    private Triangle triangle;

    Shuffled(int[] order, Pairs pairs, Comparison comparison) {
      this.comparison = comparison;
      this.sampling = new Sampling(order, new int[0], pairs, false);
      this.places = everyPair(order);
      this.room = new double[places.length];
    }

    /** Takes a model: as it was made ready, or anew where it is null or does not move. */
    void take(Triangle model, Rdms models, int label, int time) {
      triangle =
          model != null && model.isMovable()
              ? model.moved(places, room)
              : sampling.triangle(models, label, time, comparison);
    }

    private static int[] everyPair(int[] order) {
      int n = order.length;
      int[] places = new int[Rdm.pairs(n)];
      for (int i = 0, p = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++, p++) {
          int first = Math.min(order[i], order[j]);
          places[p] = Rdm.place(first, Math.max(order[i], order[j]), n);
        }
      }
      return places;
    }

    double meanSimilarity(Triangle[] people) {
      double[] each = new double[people.length];
      for (int p = 0; p < each.length; p++) {
        each[p] = triangle.similarity(people[p]);
      }
      return NoiseCeiling.mean(each);
    }
  }

  /** The order of n conditions in shuffle {@code i}. */
  int[] order(int i, int n) {
    return new Philox(new PhiloxKey(seed, STREAM, i)).permutation(n);
  }
}
