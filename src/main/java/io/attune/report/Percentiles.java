package io.attune.report;

import io.attune.rsa.Ranks;
import io.attune.rsa.Rdm;
import java.util.Arrays;

/**
 * An RDM's dissimilarities as shares of its own range of ranks: 0 the most alike pair, 1 the least.
 * Two RDMs on different scales can then be looked at with one colour scale. NaN stays.
 */
final class Percentiles {
  private Percentiles() {}

  static Rdm of(Rdm rdm) {
    double[] condensed = rdm.condensed();
    double[] defined = Arrays.stream(condensed).filter(value -> !Double.isNaN(value)).toArray();
    double[] ranks = Ranks.average(defined);
    for (int i = 0, k = 0; i < condensed.length; i++) {
      if (!Double.isNaN(condensed[i])) {
        condensed[i] = defined.length > 1 ? (ranks[k] - 1) / (defined.length - 1) : 0;
        k++;
      }
    }
    return Rdm.ofCondensed(rdm.names(), condensed);
  }
}
