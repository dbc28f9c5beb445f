package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;

/** Measures of how alike two RDMs are, over the pairs of their upper triangles. */
public enum Comparison {
  /** Pearson's r of average ranks. */
  SPEARMAN,
  PEARSON,
  /** Cosine of the angle between the triangles, not centred. */
  COSINE;

  /**
   * Compares two RDMs, matched by condition name, never by place; a NaN in either is an error.
   *
   * @throws InputException if the conditions differ (the message lists which) or there is a NaN
   */
  public Correlation compare(Rdm a, Rdm b) {
    return compare(a, b, NanPolicy.ERROR);
  }

  /**
   * Compares two RDMs, matched by condition name, never by place.
   *
   * @param nan what becomes of pairs with a NaN on either side
   * @throws InputException if the conditions differ (the message lists which), or under ERROR if
   *     there is a NaN (the message names the first pair)
   */
  public Correlation compare(Rdm a, Rdm b, NanPolicy nan) {
    Rdm aligned = b.alignedTo(a);
    double[] x = a.condensed();
    double[] y = aligned.condensed();
    int kept = 0;
    for (int i = 0, p = 0; i < a.size(); i++) {
      for (int j = i + 1; j < a.size(); j++, p++) {
        boolean missing = Double.isNaN(x[p]) || Double.isNaN(y[p]);
        if (missing && nan == NanPolicy.ERROR) {
          throw new InputException(
              "RDM: NaN at (%s, %s); a condition without variance has no dissimilarity"
                  .formatted(a.names().get(i), a.names().get(j)));
        }
        if (!missing || nan == NanPolicy.ZERO) {
          x[kept] = Double.isNaN(x[p]) ? 0 : x[p];
          y[kept] = Double.isNaN(y[p]) ? 0 : y[p];
          kept++;
        }
      }
    }
    return correlate(Arrays.copyOf(x, kept), Arrays.copyOf(y, kept));
  }

  /**
   * Compares two series of equal length, value by value.
   *
   * @param x no NaN; not modified
   * @param y no NaN; not modified
   */
  public Correlation correlate(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "series must be of one length: %d against %d".formatted(x.length, y.length));
    }
    double value =
        switch (this) {
          case SPEARMAN -> pearson(Ranks.average(x), Ranks.average(y));
          case PEARSON -> pearson(x, y);
          case COSINE -> cosine(x, y);
        };
    double p = this == COSINE ? Double.NaN : StudentT.twoSidedOfCorrelation(value, x.length);
    return new Correlation(value, p, x.length);
  }

  private static double pearson(double[] x, double[] y) {
    return cosine(centred(x), centred(y));
  }

  private static double[] centred(double[] x) {
    double[] row = x.clone();
    boolean constant = true;
    double sum = 0;
    for (double value : row) {
      constant &= value == row[0];
      sum += value;
    }
    double mean = constant && row.length > 0 ? row[0] : sum / row.length;
    for (int i = 0; i < row.length; i++) {
      row[i] -= mean;
    }
    return row;
  }

  private static double cosine(double[] x, double[] y) {
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += x[i] * y[i];
      xx += x[i] * x[i];
      yy += y[i] * y[i];
    }
    // One root of the product is exact for x = y; two are needed where the product overflows or
    // underflows.
    double squares = xx * yy;
    double norms =
        squares >= Double.MIN_NORMAL && squares <= Double.MAX_VALUE
            ? Math.sqrt(squares)
            : Math.sqrt(xx) * Math.sqrt(yy);
    double value = xy / norms;
    return Double.isNaN(value) ? value : Math.clamp(value, -1, 1);
  }
}
