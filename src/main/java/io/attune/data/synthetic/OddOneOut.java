package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;

/**
 * Judgements of which of three concepts is the odd one, by the choice model behind SPoSE: the pair
 * (i, j) of a triplet is kept together with probability {@code exp(x_i . x_j)} over the sum for the
 * three pairs, x the dimensions.
 */
final class OddOneOut {
  private final double[][] dimensions;

  OddOneOut(double[][] dimensions) {
    this.dimensions = dimensions;
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
    int a = draws.below(dimensions.length);
    int b = other(draws, a, a);
    int c = other(draws, a, b);
    double ab = StrictMath.exp(dot(a, b));
    double ac = StrictMath.exp(dot(a, c));
    double bc = StrictMath.exp(dot(b, c));
    double draw = draws.uniform() * (ab + ac + bc);
    if (draw < ab) {
      return new int[] {a, b, c};
    }
    return draw < ab + ac ? new int[] {a, c, b} : new int[] {b, c, a};
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
