package io.attune.device.op;

/**
 * {@link ReweightingOps} in double precision. What has a kink is frozen where it is asked for a
 * gradient: which entry is smallest, which ReLU is open; so that finite differences see the branch
 * that the rules name.
 */
final class ReweightingReference {
  private ReweightingReference() {}

  /** The first smallest and first largest entry of each windowed row, and where p is above 0. */
  record Branch(int[] smallest, int[] largest, boolean[] open) {}

  static double[] windowed(double[] weights, int blocks, int window) {
    int times = weights.length / blocks;
    double[] mean = new double[weights.length];
    for (int t = 0; t < times; t++) {
      int count = 0;
      for (int near = Math.max(0, t - window); near < times && near <= t + window; near++) {
        count++;
        for (int j = 0; j < blocks; j++) {
          mean[t * blocks + j] += weights[near * blocks + j];
        }
      }
      for (int j = 0; j < blocks; j++) {
        mean[t * blocks + j] /= count;
      }
    }
    return mean;
  }

  static Branch branch(double[] weights, int blocks, int window) {
    double[] w = windowed(weights, blocks, window);
    int times = weights.length / blocks;
    int[] smallest = new int[times];
    int[] largest = new int[times];
    boolean[] open = new boolean[weights.length];
    for (int t = 0; t < times; t++) {
      for (int j = 1; j < blocks; j++) {
        smallest[t] = w[t * blocks + j] < w[t * blocks + smallest[t]] ? j : smallest[t];
        largest[t] = w[t * blocks + j] > w[t * blocks + largest[t]] ? j : largest[t];
      }
      for (int j = 0; j < blocks; j++) {
        open[t * blocks + j] = w[t * blocks + j] > w[t * blocks + smallest[t]];
      }
    }
    return new Branch(smallest, largest, open);
  }

  static double[] mixing(double[] weights, int blocks, int window, Branch branch) {
    double[] w = windowed(weights, blocks, window);
    double[] p = new double[w.length];
    for (int t = 0; t < branch.smallest.length; t++) {
      double low = w[t * blocks + branch.smallest[t]];
      double range = w[t * blocks + branch.largest[t]] - low + 1e-10;
      double sum = 0;
      for (int j = 0; j < blocks; j++) {
        sum += (w[t * blocks + j] - low) / range;
      }
      for (int j = 0; j < blocks; j++) {
        double v = (w[t * blocks + j] - low) / range;
        p[t * blocks + j] = branch.open[t * blocks + j] ? v / (sum + 1e-10) : 0;
      }
    }
    return p;
  }

  /** Before the ReLU; where p is not open its own derivative is 0. */
  static double[] logits(double[] mixing, boolean[] open, double[] features, double[] richness) {
    int times = richness.length;
    int blocks = mixing.length / times;
    int width = features.length / blocks;
    double[] raw = new double[times * width];
    for (int t = 0; t < times; t++) {
      for (int j = 0; j < blocks; j++) {
        double p = open[t * blocks + j] ? mixing[t * blocks + j] : 0;
        for (int i = 0; i < width; i++) {
          raw[t * width + i] += richness[t] * p * features[j * width + i];
        }
      }
    }
    return raw;
  }

  static double[] deviation(double[] raw, int times, int width) {
    int batch = raw.length / times / width;
    double[] deviation = new double[times * width];
    for (int i = 0; i < deviation.length; i++) {
      int from = i / width * batch * width + i % width;
      double mean = 0;
      for (int b = 0; b < batch; b++) {
        mean += raw[from + b * width];
      }
      double sum = 0;
      for (int b = 0; b < batch; b++) {
        sum += Math.pow(raw[from + b * width] - mean / batch, 2);
      }
      deviation[i] = Math.sqrt(sum / (batch - 1));
    }
    return deviation;
  }

  /** The outer ReLU's argument; noise null for none. */
  static double[] argument(
      double[] raw, double[] beta, double[] level, double[] noise, double[] deviation) {
    int times = beta.length;
    int slice = raw.length / times;
    int width = deviation.length / times;
    double[] argument = new double[raw.length];
    for (int i = 0; i < raw.length; i++) {
      int t = i / slice;
      double spread = noise == null ? 0 : level[t] * noise[i] * deviation[t * width + i % width];
      argument[i] = beta[t] * (raw[i] + spread);
    }
    return argument;
  }

  static boolean[] positive(double[] x) {
    boolean[] open = new boolean[x.length];
    for (int i = 0; i < x.length; i++) {
      open[i] = x[i] > 0;
    }
    return open;
  }

  /** {@code x} where open, 0 elsewhere. */
  static double[] masked(double[] x, boolean[] open) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = open[i] ? x[i] : 0;
    }
    return y;
  }
}
