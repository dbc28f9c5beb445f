package io.attune.rsa;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether models of people differ from each other as the people do: Spearman's correlation between
 * {@link LabelRdm} of the models and that of the measurements.
 *
 * <p>Few people have few orders: shuffled, four give 24 values and a p of 1/24 at best, which even
 * perfect models seldom reach. So it is conditions that are shuffled here, in each model by
 * themselves: what remains then is what models' courses over time share, without what they say of
 * images. p = (1 + shuffles at least as similar) / (1 + shuffles), one-sided; shuffle i depends on
 * the seed and i alone.
 *
 * @param spearman of the two
 * @param p of so large a correlation
 */
public record SecondOrder(double spearman, double p) {
  private static final int STREAM = 0x52534104;

  /**
   * Computes it.
   *
   * @param models one label a person
   * @param data of the same labels, conditions and times
   * @param shuffles at least 1
   * @throws io.attune.InputException if there are fewer than 2 labels
   */
  public static SecondOrder of(Rdms models, Rdms data, int shuffles, long seed) {
    Rdm measured = LabelRdm.of(data);
    double observed = spearman(models, measured);
    long atLeast =
        IntStream.range(0, shuffles)
            .parallel()
            .filter(i -> spearman(shuffled(models, i, seed), measured) >= observed)
            .count();
    return new SecondOrder(observed, (1 + atLeast) / (1.0 + shuffles));
  }

  private static double spearman(Rdms models, Rdm measured) {
    return Comparison.SPEARMAN.compare(LabelRdm.of(models), measured, NanPolicy.DROP).value();
  }

  private static Rdms shuffled(Rdms models, int shuffle, long seed) {
    int labels = models.labels().size();
    int n = models.conditions();
    List<Rdms> all = new ArrayList<>();
    for (int m = 0; m < labels; m++) {
      int[] order = new Philox(new PhiloxKey(seed, STREAM, shuffle * labels + m)).permutation(n);
      double[][] steps = new double[models.steps()][];
      for (int t = 0; t < steps.length; t++) {
        steps[t] = shuffled(models.at(m, t), order);
      }
      all.add(
          Rdms.of(
              models.names(),
              List.of(models.labels().get(m)),
              models.times(),
              new double[][][] {steps}));
    }
    return Rdms.join(all);
  }

  private static double[] shuffled(double[] condensed, int[] order) {
    int n = order.length;
    double[] values = new double[condensed.length];
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        int a = Math.min(order[i], order[j]);
        int b = Math.max(order[i], order[j]);
        values[p] = condensed[a * n - a * (a + 1) / 2 + b - a - 1];
      }
    }
    return values;
  }
}
