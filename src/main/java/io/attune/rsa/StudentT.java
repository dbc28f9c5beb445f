package io.attune.rsa;

/**
 * The two-sided p-value of a correlation by Student's t. With t = r sqrt(v / (1 - r^2)) on v = n -
 * 2 degrees of freedom it is the regularised incomplete beta function I_x(v/2, 1/2) at x = 1 - r^2
 * (Abramowitz and Stegun 26.5.27 and 26.7.1), evaluated by the continued fraction 26.5.8 with
 * Lentz's method.
 */
final class StudentT {
  private static final double TINY = 1e-300;
  private static final int MOST_TERMS = 100_000;

  private StudentT() {}

  /**
   * @param r correlation on -1..1, or NaN
   * @param n number of observations
   * @return NaN where r is NaN or n is below 3
   */
  static double twoSidedOfCorrelation(double r, int n) {
    if (Double.isNaN(r) || n < 3) {
      return Double.NaN;
    }
    double a = (n - 2) / 2.0;
    double complement = r * r;
    if (complement == 0 || complement >= 1) {
      return complement == 0 ? 1 : 0;
    }
    double x = 1 - complement;
    // ln of x^a (1-x)^(1/2) / B(a, 1/2), with B(a, 1/2) = sqrt(pi) Gamma(a) / Gamma(a + 1/2)
    double front =
        Math.exp(
            a * Math.log1p(-complement)
                + Math.log(Math.abs(r))
                + logHalfStep(a)
                - Math.log(Math.PI) / 2);
    // The fraction converges quickly on the side of the mean where the argument lies.
    return x < (a + 1) / (a + 2.5)
        ? front * fraction(a, 0.5, x) / a
        : 1 - front * fraction(0.5, a, complement) / 0.5;
  }

  /** ln(Gamma(a + 1/2) / Gamma(a)), without the cancellation of two large logarithms. */
  static double logHalfStep(double a) {
    double climb = 0;
    double z = a;
    while (z < 20) {
      climb += Math.log(z) - Math.log(z + 0.5);
      z++;
    }
    double w = 1 / (z * z);
    return climb
        + Math.log(z) / 2
        - (1 / z) * (1.0 / 8 - w * (1.0 / 192 - w * (1.0 / 640 - w * 17 / 14336)));
  }

  private static double fraction(double a, double b, double x) {
    double c = 1;
    double d = 1 / nonZero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m < MOST_TERMS; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / nonZero(1 + even * d);
      c = nonZero(1 + even / c);
      value *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / nonZero(1 + odd * d);
      c = nonZero(1 + odd / c);
      double step = d * c;
      value *= step;
      if (Math.abs(step - 1) < 1e-15) {
        break;
      }
    }
    return value;
  }

  private static double nonZero(double value) {
    return Math.abs(value) < TINY ? TINY : value;
  }
}
