package io.attune.hba;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The three parts of the MEG loss on the host, in double precision, with what is undefined left
 * out: times that the generalisation course gates to zero, whose outputs are constant, and pairs
 * that are NaN at any other time (spec/clip-hba.md section 6).
 */
public final class MegLosses {
  /** Below this share of its mean, a generalisation curve varies by rounding alone. */
  private static final double FLAT = 1e-6;

  private MegLosses() {}

  /** Whether a time's outputs can differ between images: neither course closes it. */
  public static boolean[] open(TimeCourses windowed) {
    boolean[] open = new boolean[windowed.times()];
    for (int t = 0; t < open.length; t++) {
      open[t] = windowed.richness()[t] > 0 && windowed.generalization()[t] > 0;
    }
    return open;
  }

  /**
   * 1 - Pearson over all times and pairs, mean squared error, 1 - Pearson of the generalisation
   * curves; NaN where fewer than two times or pairs are left. A flat curve counts as uncorrelated:
   * such is that of the tied start, whose RDM is the same at all times where there is no noise.
   *
   * @param model [T, P]
   * @param target [T, P]
   * @param scored which of the T times count
   */
  public static MegLossWeights of(float[] model, float[] target, boolean[] scored) {
    int pairs = model.length / scored.length;
    int[] times = IntStream.range(0, scored.length).filter(t -> scored[t]).toArray();
    int[] defined =
        IntStream.range(0, pairs)
            .filter(
                p -> {
                  for (int t : times) {
                    if (Float.isNaN(model[t * pairs + p])) {
                      return false;
                    }
                  }
                  return true;
                })
            .toArray();
    if (times.length < 2 || defined.length < 2) {
      return new MegLossWeights(Double.NaN, Double.NaN, Double.NaN);
    }
    double[] x = select(model, pairs, times, defined);
    double[] y = select(target, pairs, times, defined);
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      squares += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return new MegLossWeights(
        1 - pearson(x, y),
        squares / x.length,
        generalizationLoss(generalization(x, times.length), generalization(y, times.length)));
  }

  private static double generalizationLoss(double[] x, double[] y) {
    double mean = DoubleStream.of(x).sum() / x.length;
    double squares = DoubleStream.of(x).map(g -> (g - mean) * (g - mean)).sum();
    boolean flat = Math.sqrt(squares / x.length) < FLAT * Math.abs(mean);
    return flat ? 1 : 1 - pearson(x, y);
  }

  private static double[] select(float[] values, int pairs, int[] times, int[] defined) {
    double[] selected = new double[times.length * defined.length];
    int at = 0;
    for (int t : times) {
      for (int p : defined) {
        selected[at++] = values[t * pairs + p];
      }
    }
    return selected;
  }

  /** Row means of Z Z^T/(P-1), which are Z times the mean row of Z over P - 1. */
  private static double[] generalization(double[] x, int times) {
    int pairs = x.length / times;
    double[] z = new double[x.length];
    double[] mean = new double[pairs];
    for (int t = 0; t < times; t++) {
      double sum = 0;
      for (int p = 0; p < pairs; p++) {
        sum += x[t * pairs + p];
      }
      double center = sum / pairs;
      double squares = 0;
      for (int p = 0; p < pairs; p++) {
        double difference = x[t * pairs + p] - center;
        squares += difference * difference;
      }
      double deviation = Math.sqrt(squares / pairs);
      for (int p = 0; p < pairs; p++) {
        z[t * pairs + p] = (x[t * pairs + p] - center) / deviation;
        mean[p] += z[t * pairs + p] / times;
      }
    }
    double[] g = new double[times];
    for (int t = 0; t < times; t++) {
      for (int p = 0; p < pairs; p++) {
        g[t] += z[t * pairs + p] * mean[p];
      }
      g[t] /= pairs - 1;
    }
    return g;
  }

  private static double pearson(double[] x, double[] y) {
    double meanX = IntStream.range(0, x.length).mapToDouble(i -> x[i]).sum() / x.length;
    double meanY = IntStream.range(0, y.length).mapToDouble(i -> y[i]).sum() / y.length;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < x.length; i++) {
      double dx = x[i] - meanX;
      double dy = y[i] - meanY;
      xx += dx * dx;
      yy += dy * dy;
      xy += dx * dy;
    }
    return xy / Math.sqrt(xx * yy);
  }
}
