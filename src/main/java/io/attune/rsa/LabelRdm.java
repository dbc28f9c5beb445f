package io.attune.rsa;

import io.attune.InputException;
import java.util.Arrays;
import java.util.stream.IntStream;

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
    Moments[] moments = new Moments[Rdm.pairs(n)];
    Arrays.fill(moments, Moments.NONE);
    for (int t = 0; t < rdms.steps(); t++) {
      int time = t;
      double[][] all =
          IntStream.range(0, n)
              .parallel()
              .mapToObj(label -> rdms.at(label, time))
              .toArray(double[][]::new);
      IntStream.range(0, n)
          .parallel()
          .forEach(
              i -> {
                for (int j = i + 1; j < n; j++) {
                  int p = Rdm.place(i, j, n);
                  moments[p] = moments[p].with(Moments.of(all[i], all[j]));
                }
              });
    }
    double[] distances = Arrays.stream(moments).mapToDouble(m -> 1 - m.correlation()).toArray();
    return Rdm.ofCondensed(rdms.labels(), distances);
  }

  /**
   * Centred second moments of two series, joined by the rule of Chan, Golub and LeVeque, "Updating
   * formulae and a pairwise algorithm for computing sample variances" (1979).
   */
  private record Moments(long count, double x, double y, double xx, double yy, double xy) {
    static final Moments NONE = new Moments(0, 0, 0, 0, 0, 0);

    /** Of the values that are defined on both sides. */
    static Moments of(double[] first, double[] second) {
      int count = 0;
      double x = 0;
      double y = 0;
      int any = -1;
      boolean flatX = true;
      boolean flatY = true;
      for (int k = 0; k < first.length; k++) {
        if (!Double.isNaN(first[k]) && !Double.isNaN(second[k])) {
          any = any < 0 ? k : any;
          flatX &= first[k] == first[any];
          flatY &= second[k] == second[any];
          count++;
          x += first[k];
          y += second[k];
        }
      }
      if (count == 0) {
        return NONE;
      }
      // The mean of equal values is that value to the bit: their variance must be 0.
      x = flatX ? first[any] : x / count;
      y = flatY ? second[any] : y / count;
      double xx = 0;
      double yy = 0;
      double xy = 0;
      for (int k = 0; k < first.length; k++) {
        if (!Double.isNaN(first[k]) && !Double.isNaN(second[k])) {
          xx += (first[k] - x) * (first[k] - x);
          yy += (second[k] - y) * (second[k] - y);
          xy += (first[k] - x) * (second[k] - y);
        }
      }
      return new Moments(count, x, y, xx, yy, xy);
    }

    Moments with(Moments other) {
      if (count == 0 || other.count == 0) {
        return count == 0 ? other : this;
      }
      long all = count + other.count;
      double dx = other.x - x;
      double dy = other.y - y;
      double weight = (double) count * other.count / all;
      return new Moments(
          all,
          x + dx * other.count / all,
          y + dy * other.count / all,
          xx + other.xx + dx * dx * weight,
          yy + other.yy + dy * dy * weight,
          xy + other.xy + dx * dy * weight);
    }

    /** NaN for fewer than two values, or where a side is constant. */
    double correlation() {
      double r = xy / Math.sqrt(xx * yy);
      return count < 2 || Double.isNaN(r) ? Double.NaN : Math.clamp(r, -1, 1);
    }
  }
}
