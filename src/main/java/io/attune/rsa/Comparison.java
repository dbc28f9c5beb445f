package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Measures of how alike two RDMs are, over the pairs of their upper triangles. Those of rsatoolbox
 * go by its names too, see {@link #named}.
 */
public enum Comparison {
  /** Pearson's r of average ranks. */
  SPEARMAN("spearman"),
  PEARSON("pearson", "corr"),
  /** Cosine of the angle between the triangles, not centred. */
  COSINE("cosine"),
  /** Concordant less discordant pairs of entries, over all of them; ties count as neither. */
  KENDALL_TAU_A("kendall-tau-a", "tau-a"),
  /** Kendall's tau corrected for ties. */
  KENDALL_TAU_B("kendall-tau-b", "tau-b", "kendall"),
  /**
   * Spearman's rho as expected under random breaking of ties: 12 / (n^3 - n) times the product of
   * centred average ranks (Schuett et al., "Statistical inference on representational geometries",
   * 2023). 0 for a constant side.
   */
  RHO_A("rho-a"),
  /** Cosine of the entries whitened by their covariance, see {@link Whitening}. */
  WHITENED_COSINE("whitened-cosine", "cosine_cov"),
  /** WHITENED_COSINE of the entries less their plain mean, as in rsatoolbox. */
  WHITENED_PEARSON("whitened-pearson", "corr_cov", "whitened-correlation");

  private final List<String> names;

  Comparison(String... names) {
    this.names = List.of(names);
  }

  /** What the command line and files call it. */
  public String label() {
    return names.getFirst();
  }

  /**
   * The measure of this name, ours or rsatoolbox's ({@code corr}, {@code tau-b}, {@code
   * cosine_cov}, ...).
   *
   * @throws InputException if there is none; the message lists them
   */
  public static Comparison named(String name) {
    for (Comparison comparison : values()) {
      if (comparison.names.stream().anyMatch(name::equalsIgnoreCase)) {
        return comparison;
      }
    }
    throw new InputException(
        "no method %s; there are %s"
            .formatted(
                name,
                Arrays.stream(values()).map(Comparison::label).collect(Collectors.joining(", "))));
  }

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
    return compare(a, b, nan, null);
  }

  /**
   * As the other, where the noise of conditions is not equal.
   *
   * @param variances of the noise of a's conditions, in any unit, which the whitened measures take
   *     into account; null for equal ones
   */
  public Correlation compare(Rdm a, Rdm b, NanPolicy nan, double[] variances) {
    double[] x = a.condensed();
    double[] y = b.alignedTo(a).condensed();
    Pairs pairs = Pairs.all(a.size(), variances);
    boolean[] keep = new boolean[x.length];
    int kept = 0;
    for (int p = 0; p < x.length; p++) {
      boolean missing = Double.isNaN(x[p]) || Double.isNaN(y[p]);
      if (missing && nan == NanPolicy.ERROR) {
        throw new InputException(
            "RDM: NaN at (%s, %s); a condition without variance has no dissimilarity"
                .formatted(a.names().get(pairs.first(p)), a.names().get(pairs.second(p))));
      }
      keep[p] = !missing || nan == NanPolicy.ZERO;
      if (keep[p]) {
        x[kept] = Double.isNaN(x[p]) ? 0 : x[p];
        y[kept] = Double.isNaN(y[p]) ? 0 : y[p];
        kept++;
      }
    }
    return correlate(Arrays.copyOf(x, kept), Arrays.copyOf(y, kept), pairs.only(keep));
  }

  /**
   * Compares two series of equal length, value by value; the whitened measures take them for upper
   * triangles of all pairs.
   *
   * @param x no NaN; not modified
   * @param y no NaN; not modified
   */
  public Correlation correlate(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "series must be of one length: %d against %d".formatted(x.length, y.length));
    }
    if (!isWhitened()) {
      return correlate(x, y, null);
    }
    int n = (int) Math.round((1 + Math.sqrt(1 + 8.0 * x.length)) / 2);
    if (Rdm.pairs(n) != x.length) {
      throw new IllegalArgumentException(x.length + " values are no upper triangle");
    }
    return correlate(x, y, Pairs.all(n));
  }

  private Correlation correlate(double[] x, double[] y, Pairs pairs) {
    requireNumbers(x);
    requireNumbers(y);
    double value = Triangle.of(this, pairs, x).similarity(Triangle.of(this, pairs, y));
    double p =
        this == SPEARMAN || this == PEARSON
            ? StudentT.twoSidedOfCorrelation(value, x.length)
            : Double.NaN;
    return new Correlation(value, p, x.length);
  }

  private static void requireNumbers(double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (Double.isNaN(values[i])) {
        throw new IllegalArgumentException("value " + i + " is NaN: it cannot be compared");
      }
    }
  }

  /** Whether only the order of entries matters. */
  boolean isOfRanks() {
    return switch (this) {
      case SPEARMAN, RHO_A, KENDALL_TAU_A, KENDALL_TAU_B -> true;
      case PEARSON, COSINE, WHITENED_COSINE, WHITENED_PEARSON -> false;
    };
  }

  /** Whether it is the cosine of an angle between what was made ready. */
  boolean isCosine() {
    return switch (this) {
      case SPEARMAN, PEARSON, COSINE, WHITENED_COSINE, WHITENED_PEARSON -> true;
      case RHO_A, KENDALL_TAU_A, KENDALL_TAU_B -> false;
    };
  }

  /** Whether it depends on the variances of the conditions' noise. */
  public boolean isWhitened() {
    return this == WHITENED_COSINE || this == WHITENED_PEARSON;
  }

  /** Whether the mean of the entries is taken off. */
  boolean isCentred() {
    return this == PEARSON || this == WHITENED_PEARSON;
  }

  /** What {@link Triangle} compares: ranked, centred or whitened as the measure asks. */
  double[] ready(double[] x, Pairs pairs) {
    return switch (this) {
      case SPEARMAN, RHO_A -> centred(Ranks.average(x));
      case PEARSON -> centred(x);
      case COSINE -> x;
      case KENDALL_TAU_A, KENDALL_TAU_B -> Ranks.average(x);
      case WHITENED_COSINE -> pairs.whitening().whiten(x);
      case WHITENED_PEARSON -> pairs.whitening().whiten(centred(x));
    };
  }

  /** A copy less its mean; exactly 0 where all values are equal. */
  static double[] centred(double[] x) {
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
}
