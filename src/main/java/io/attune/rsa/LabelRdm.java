package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;

/** How labels (participants, models) differ: an RDM of RDMs. */
public final class LabelRdm {
  private LabelRdm() {}

  /**
   * 1 less Pearson's r between two labels' dissimilarities, over all times and pairs taken
   * together; what is undefined on either side is left out.
   *
   * @return an RDM whose conditions are the labels
   * @throws InputException if there are fewer than 2 labels
   */
  public static Rdm of(Rdms rdms) {
    int n = rdms.labels().size();
    if (n < 2) {
      throw new InputException("participants: expected at least 2 to compare, found " + n);
    }
    double[] distances = new double[Rdm.pairs(n)];
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        distances[p] = distance(rdms, i, j);
      }
    }
    return Rdm.ofCondensed(rdms.labels(), distances);
  }

  private static double distance(Rdms rdms, int first, int second) {
    int each = Rdm.pairs(rdms.conditions());
    double[] x = new double[Math.multiplyExact(rdms.steps(), each)];
    double[] y = new double[x.length];
    int kept = 0;
    for (int t = 0; t < rdms.steps(); t++) {
      double[] a = rdms.at(first, t);
      double[] b = rdms.at(second, t);
      for (int k = 0; k < each; k++) {
        if (!Double.isNaN(a[k]) && !Double.isNaN(b[k])) {
          x[kept] = a[k];
          y[kept++] = b[k];
        }
      }
    }
    return kept < 2
        ? Double.NaN
        : 1 - Comparison.PEARSON.correlate(Arrays.copyOf(x, kept), Arrays.copyOf(y, kept)).value();
  }
}
