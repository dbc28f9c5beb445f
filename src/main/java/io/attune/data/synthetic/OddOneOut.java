package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;

/**
 * Judgements of which of three concepts is the odd one, by the choice model behind SPoSE: the pair
 * (i, j) of a triplet is kept together with probability {@code exp(b x_i . x_j)} over the sum for
 * the three pairs, x the dimensions. b is such that the likeliest pair is kept in {@link #CEILING}
 * of all triplets, which is how consistent people are with themselves in THINGS.
 */
final class OddOneOut {
  /** The noise ceiling of THINGS' odd-one-out task. */
  static final double CEILING = io.attune.rsa.OddOneOut.THINGS_CEILING;

  private static final int CALIBRATION_TRIPLETS = 3000;

  private final double[][] dimensions;
  private final double sharpness;

  OddOneOut(double[][] dimensions, long seed) {
    this.dimensions = dimensions;
    this.sharpness = calibrate(new Draws(seed, Purpose.TRIPLET_SHARPNESS, 0));
  }

  private double calibrate(Draws draws) {
    int[][] sample = new int[CALIBRATION_TRIPLETS][];
    for (int t = 0; t < sample.length; t++) {
      sample[t] = three(draws);
    }
    double low = 0;
    double high = 16;
    for (int step = 0; step < 40; step++) {
      double middle = (low + high) / 2;
      double consistency = 0;
      for (int[] t : sample) {
        double[] odds = odds(t, middle);
        double largest = Math.max(odds[0], Math.max(odds[1], odds[2]));
        consistency += largest / (odds[0] + odds[1] + odds[2]) / sample.length;
      }
      low = consistency < CEILING ? middle : low;
      high = consistency < CEILING ? high : middle;
    }
    return low;
  }

  /** Rows of three concepts each, the odd one last. */
  int[][] draw(int count, long seed) {
    int[][] triplets = new int[count][];
    for (int t = 0; t < count; t++) {
      triplets[t] = choose(new Draws(seed, Purpose.TRIPLETS, t));
    }
    return triplets;
  }

  private int[] choose(Draws draws) {
    int[] t = three(draws);
    double[] odds = odds(t, sharpness);
    double draw = draws.uniform() * (odds[0] + odds[1] + odds[2]);
    if (draw < odds[0]) {
      return t;
    }
    return draw < odds[0] + odds[1] ? new int[] {t[0], t[2], t[1]} : new int[] {t[1], t[2], t[0]};
  }

  private int[] three(Draws draws) {
    int a = draws.below(dimensions.length);
    int b = other(draws, a, a);
    return new int[] {a, b, other(draws, a, b)};
  }

  /** In proportion to the chances of the pairs (0, 1), (0, 2) and (1, 2). */
  private double[] odds(int[] t, double b) {
    double first = b * dot(t[0], t[1]);
    double second = b * dot(t[0], t[2]);
    double third = b * dot(t[1], t[2]);
    double largest = Math.max(first, Math.max(second, third));
    return new double[] {
      StrictMath.exp(first - largest),
      StrictMath.exp(second - largest),
      StrictMath.exp(third - largest)
    };
  }

  private int other(Draws draws, int a, int b) {
    int drawn = draws.below(dimensions.length);
    while (drawn == a || drawn == b) {
      drawn = draws.below(dimensions.length);
    }
    return drawn;
  }

  private double dot(int a, int b) {
    double sum = 0;
    for (int k = 0; k < dimensions[a].length; k++) {
      sum += dimensions[a][k] * dimensions[b][k];
    }
    return sum;
  }
}
