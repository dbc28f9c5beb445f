package io.attune.device.op;

/** {@link RdmOps} in double precision, as the formulas are written: every T x T, every B x B. */
final class RdmReference {
  private RdmReference() {}

  /** 1 - Pearson of all pairs of rows, at each time. */
  static double[] correlation(double[] x, int times, int batch) {
    int width = x.length / times / batch;
    int pairs = batch * (batch - 1) / 2;
    double[] rdm = new double[times * pairs];
    int at = 0;
    for (int t = 0; t < times; t++) {
      for (int a = 0; a < batch; a++) {
        for (int b = a + 1; b < batch; b++) {
          rdm[at++] = 1 - pearson(row(x, t * batch + a, width), row(x, t * batch + b, width));
        }
      }
    }
    return rdm;
  }

  static double[] losses(double[] x, double[] y, int times) {
    double squared = 0;
    for (int i = 0; i < x.length; i++) {
      squared += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return new double[] {
      1 - pearson(x, y),
      squared / x.length,
      1 - pearson(generalization(x, times), generalization(y, times))
    };
  }

  /** Row means of the T x T matrix of correlations between times, scaled as the method does. */
  private static double[] generalization(double[] x, int times) {
    int pairs = x.length / times;
    double[][] z = new double[times][];
    for (int t = 0; t < times; t++) {
      z[t] = row(x, t, pairs);
      double mean = mean(z[t]);
      double deviation = Math.sqrt(products(z[t], z[t]) / pairs);
      for (int p = 0; p < pairs; p++) {
        z[t][p] = (z[t][p] - mean) / deviation;
      }
    }
    double[] g = new double[times];
    for (int i = 0; i < times; i++) {
      for (int k = 0; k < times; k++) {
        g[i] += Trial.dot(z[i], z[k]) / (pairs - 1) / times;
      }
    }
    return g;
  }

  private static double[] row(double[] x, int index, int width) {
    double[] row = new double[width];
    System.arraycopy(x, index * width, row, 0, width);
    return row;
  }

  private static double pearson(double[] x, double[] y) {
    return products(x, y) / Math.sqrt(products(x, x) * products(y, y));
  }

  /** Sum of products about the means. */
  private static double products(double[] x, double[] y) {
    double mx = mean(x);
    double my = mean(y);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += (x[i] - mx) * (y[i] - my);
    }
    return sum;
  }

  private static double mean(double[] x) {
    double sum = 0;
    for (double value : x) {
      sum += value;
    }
    return sum / x.length;
  }
}
