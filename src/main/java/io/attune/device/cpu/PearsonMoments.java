package io.attune.device.cpu;

/**
 * What 1 - Pearson of x and y and its gradient need, in five floats: both means; about them the sum
 * of squares of x, of products, of squares of y. The gradient with respect to x is {@link #own}
 * times the centred x and {@link #other} times the centred y.
 */
final class PearsonMoments {
  private PearsonMoments() {}

  /** Keeps the moments from {@code at} on; returns 1 - r, from the unrounded ones. */
  static double keep(float[] values, int at, double x, double y, double xx, double xy, double yy) {
    values[at] = (float) x;
    values[at + 1] = (float) y;
    values[at + 2] = (float) xx;
    values[at + 3] = (float) xy;
    values[at + 4] = (float) yy;
    return 1 - xy / Math.sqrt(xx * yy);
  }

  static double meanX(float[] values, int at) {
    return values[at];
  }

  static double meanY(float[] values, int at) {
    return values[at + 1];
  }

  /** {@code r/Sxx}. */
  static double own(float[] values, int at) {
    return -other(values, at) * values[at + 3] / values[at + 2];
  }

  /** {@code -1/sqrt(Sxx Syy)}. */
  static double other(float[] values, int at) {
    return -1 / Math.sqrt((double) values[at + 2] * values[at + 4]);
  }
}
