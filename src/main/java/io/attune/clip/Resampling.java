package io.attune.clip;

/** PIL's antialiased filters; {@link #pilCode} is their number in preprocessor_config.json. */
public enum Resampling {
  /** Triangle, support 1. */
  BILINEAR(2, 1.0) {
    @Override
    double weight(double x) {
      double t = Math.abs(x);
      return t < 1.0 ? 1.0 - t : 0.0;
    }
  },
  /** Keys' cubic with a = -0.5, support 2. */
  BICUBIC(3, 2.0) {
    @Override
    double weight(double x) {
      double a = -0.5;
      double t = Math.abs(x);
      if (t < 1.0) {
        return ((a + 2.0) * t - (a + 3.0)) * t * t + 1;
      }
      return t < 2.0 ? (((t - 5) * t + 8) * t - 4) * a : 0.0;
    }
  };

  private final int pilCode;
  private final double support;

  Resampling(int pilCode, double support) {
    this.pilCode = pilCode;
    this.support = support;
  }

  int pilCode() {
    return pilCode;
  }

  /** Half the filter's width in source pixels when nothing is reduced. */
  double support() {
    return support;
  }

  abstract double weight(double x);
}
