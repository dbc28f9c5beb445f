package io.attune.rsa;

import io.attune.InputException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How often a representation finds the odd one of three as people do. It keeps the most similar
 * pair of a triplet together; pairs equally similar share the choice.
 *
 * @param accuracy share of triplets answered like people, chance is 1/3
 * @param score (accuracy - chance) / (ceiling - chance): 0 at chance, 1 at the ceiling
 * @param ceiling the accuracy that people's own consistency allows
 * @param triplets how many
 */
public record OddOneOut(double accuracy, double score, double ceiling, int triplets) {
  /** Of THINGS: how consistently people choose the same odd one. */
  public static final double THINGS_CEILING = 0.6767;

  private static final double CHANCE = 1.0 / 3;

  /** How similar two feature rows are. */
  public enum Measure {
    /** The dot product, as SPoSE has it. */
    DOT,
    COSINE,
    CORRELATION,
    /** The nearer, the more similar. */
    EUCLIDEAN
  }

  /** How similar conditions i and j are. */
  private interface Likeness {
    double of(int i, int j);
  }

  /**
   * From features.
   *
   * @param names of the feature rows, for messages
   * @param features n x k, finite; not modified
   * @param triplets rows of three indices from 0, the odd one last
   * @param ceiling above chance, at most 1
   * @throws InputException if an index is none of 0..n-1 or comes twice in a triplet, or a feature
   *     is not finite
   */
  public static OddOneOut of(
      List<String> names, double[][] features, int[][] triplets, Measure measure, double ceiling) {
    for (int i = 0; i < features.length; i++) {
      for (int k = 0; k < features[i].length; k++) {
        if (!Double.isFinite(features[i][k])) {
          throw new InputException(
              "features of %s: value %d is %s".formatted(names.get(i), k, features[i][k]));
        }
      }
    }
    if (measure == Measure.DOT) {
      return score(features.length, triplets, ceiling, (i, j) -> dot(features[i], features[j]));
    }
    Dissimilarity dissimilarity = Dissimilarity.valueOf(measure.name());
    double[][] ready = new double[features.length][];
    for (int i = 0; i < ready.length; i++) {
      ready[i] = features[i].clone();
      dissimilarity.normalize(ready[i]);
      if (Double.isNaN(ready[i][0])) {
        throw new InputException(
            "features of %s have no direction: nothing to compare".formatted(names.get(i)));
      }
    }
    return score(
        ready.length, triplets, ceiling, (i, j) -> -dissimilarity.between(ready[i], ready[j]));
  }

  /**
   * From an RDM: the pair of least dissimilarity is kept.
   *
   * @param triplets rows of three of its conditions by index from 0, the odd one last
   * @throws InputException on a NaN, or as for features
   */
  public static OddOneOut of(Rdm rdm, int[][] triplets, double ceiling) {
    if (rdm.hasNan()) {
      throw new InputException("RDM: NaN; triplets need every dissimilarity");
    }
    return score(rdm.size(), triplets, ceiling, (i, j) -> -rdm.get(i, j));
  }

  private static OddOneOut score(int n, int[][] triplets, double ceiling, Likeness likeness) {
    if (!(ceiling > CHANCE) || ceiling > 1) {
      throw new InputException("ceiling: expected above 1/3 and at most 1, found " + ceiling);
    }
    if (triplets.length == 0) {
      throw new InputException("triplets: there are none");
    }
    // Whole numbers of sixths: their sum is the same in whatever order threads add.
    long sixths =
        IntStream.range(0, triplets.length)
            .parallel()
            .mapToLong(t -> sixths(n, t, triplets[t], likeness))
            .sum();
    double accuracy = sixths / 6.0 / triplets.length;
    return new OddOneOut(
        accuracy, (accuracy - CHANCE) / (ceiling - CHANCE), ceiling, triplets.length);
  }

  private static int sixths(int n, int number, int[] t, Likeness likeness) {
    for (int i : t) {
      if (i < 0 || i >= n) {
        throw new InputException(
            "triplet %d: expected indices 0..%d, found %d".formatted(number + 1, n - 1, i));
      }
    }
    if (t[0] == t[1] || t[0] == t[2] || t[1] == t[2]) {
      throw new InputException(
          "triplet %d: %d, %d, %d are not three things".formatted(number + 1, t[0], t[1], t[2]));
    }
    double kept = likeness.of(t[0], t[1]);
    double second = likeness.of(t[0], t[2]);
    double third = likeness.of(t[1], t[2]);
    if (kept < second || kept < third) {
      return 0;
    }
    return 6 / (1 + (kept == second ? 1 : 0) + (kept == third ? 1 : 0));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
