package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import java.util.List;

/**
 * What people would say of the held-out concepts: their true dissimilarities, 1 - Pearson over the
 * dimensions, with noise. The noise is so strong that the true dimensions score {@link #CEILING},
 * which is what the published dimensions score against the measured RDM of 48 objects: no model can
 * be expected to do better.
 *
 * @param rdm as measured, on 0..1
 * @param ceiling Spearman's correlation of the true RDM with it
 * @param noise standard deviation of the noise, in units of the true dissimilarities
 */
record Judgements(Rdm rdm, double ceiling, double noise) {
  /** Spearman's correlation of the published 66 dimensions with the measured RDM. */
  static final double CEILING = 0.865;

  static Judgements draw(List<String> names, double[][] dimensions, long seed) {
    Rdm truth = Rdm.ofFeatures(names, dimensions, Dissimilarity.CORRELATION);
    double[] exact = truth.condensed();
    double[] unit = new double[exact.length];
    Draws draws = new Draws(seed, Purpose.JUDGEMENT_NOISE, 0);
    for (int p = 0; p < unit.length; p++) {
      unit[p] = draws.normal();
    }
    double low = 0;
    double high = 4;
    for (int step = 0; step < 40; step++) {
      double middle = (low + high) / 2;
      boolean tooWell = spearman(exact, noisy(exact, unit, middle)) > CEILING;
      low = tooWell ? middle : low;
      high = tooWell ? high : middle;
    }
    double[] measured = noisy(exact, unit, low);
    return new Judgements(
        Rdm.ofCondensed(names, toUnitRange(measured)), spearman(exact, measured), low);
  }

  private static double spearman(double[] a, double[] b) {
    return Comparison.SPEARMAN.correlate(a, b).value();
  }

  private static double[] noisy(double[] exact, double[] unit, double sigma) {
    double[] values = new double[exact.length];
    for (int p = 0; p < values.length; p++) {
      values[p] = exact[p] + sigma * unit[p];
    }
    return values;
  }

  private static double[] toUnitRange(double[] values) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    double[] scaled = new double[values.length];
    for (int p = 0; p < scaled.length; p++) {
      scaled[p] = (values[p] - min) / (max - min);
    }
    return scaled;
  }
}
