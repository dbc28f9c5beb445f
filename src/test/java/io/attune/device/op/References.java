package io.attune.device.op;

/** Formulas in double precision that several contracts need. */
final class References {
  private References() {}

  /** The activation of x; x itself where there is none. */
  static double activate(Activation activation, double x) {
    return switch (activation) {
      case null -> x;
      case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
      case GELU -> x * normalCdf(x);
    };
  }

  /**
   * The standard normal distribution function: its Taylor series about 0 (Marsaglia 2004), exact to
   * 1e-15 absolutely for |x| up to 6; beyond, the continued fraction of Laplace.
   */
  static double normalCdf(double x) {
    if (Math.abs(x) > 6) {
      double u = Math.abs(x);
      double fraction = u;
      for (int n = 60; n > 0; n--) {
        fraction = u + n / fraction;
      }
      double tail = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) / fraction;
      return x < 0 ? tail : 1 - tail;
    }
    double term = x;
    double sum = x;
    for (int n = 3; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 400; n += 2) {
      term *= x * x / n;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }
}
