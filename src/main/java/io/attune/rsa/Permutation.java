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
    Sampling everything = Sampling.everything(data);
    Triangle[][] known = new Triangle[data.labels().size()][data.steps()];
    IntStream.range(0, data.steps())
        .parallel()
        .forEach(
            t -> {
              for (int p = 0; p < known.length; p++) {
                known[p][t] = everything.triangle(data, p, t, comparison);
              }
            });
    boolean[][][] atLeast = new boolean[permutations][][];
    IntStream.range(0, permutations)
        .parallel()
        .forEach(i -> atLeast[i] = shuffled(i, aligned, known, comparison, observed));
    double[][] p = new double[observed.length][data.steps()];
    for (int m = 0; m < p.length; m++) {
      for (int t = 0; t < p[m].length; t++) {
        int count = 1;
        for (boolean[][] shuffle : atLeast) {
          count += shuffle[m][t] ? 1 : 0;
        }
        p[m][t] = Double.isNaN(observed[m][t]) ? Double.NaN : count / (double) (1 + permutations);
      }
    }
    return p;
  }

  private boolean[][] shuffled(
      int i, Rdms models, Triangle[][] known, Comparison comparison, double[][] observed) {
    int[] order = order(i, models.conditions());
    Sampling sampling = new Sampling(order, new int[0], Pairs.all(order.length), false);
    boolean[][] atLeast = new boolean[observed.length][observed[0].length];
    for (int m = 0; m < observed.length; m++) {
      Triangle model = null;
      for (int t = 0; t < observed[m].length; t++) {
        if (model == null || models.hasTimes()) {
          model = sampling.triangle(models, m, t, comparison);
        }
        double[] each = new double[known.length];
        for (int p = 0; p < each.length; p++) {
          each[p] = model.similarity(known[p][t]);
        }
        atLeast[m][t] = NoiseCeiling.mean(each) >= observed[m][t] - TIE;
      }
    }
    return atLeast;
  }

  /** The order of n conditions in shuffle {@code i}. */
  int[] order(int i, int n) {
    return new Philox(new PhiloxKey(seed, STREAM, i)).permutation(n);
  }
}
