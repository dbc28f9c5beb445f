package io.attune.device.cpu;

/**
 * Standard normal numbers from pairs of random words, as {@link io.attune.device.Philox#normal}
 * states them: {@code sqrt(-2 ln u1)} times the cosine and the sine of {@code 2 pi u2}. In f64 by
 * series that end below its rounding, the same steps for one pair and for vectors of pairs, so that
 * the bits do not depend on the width.
 *
 * <p>Logarithm: with {@code u1 = 2^(e-32) m}, m in {@code sqrt(1/2)..sqrt(2)}, {@code ln m = 2
 * artanh s}, {@code s = (m - 1)/(m + 1)}, |s| below 0.172; nothing cancels near 1. Angle: the two
 * top bits of {@code u2 + 1/8} are the quadrant, the others the angle in {@code -pi/4..pi/4}, both
 * exact.
 */
final class BoxMuller {
  static final long WORD = 0xFFFFFFFFL;

  /** Bits of sqrt(1/2): subtracted from a number's, what remains above bit 52 is e. */
  static final long ROOT_HALF = Double.doubleToRawLongBits(Math.sqrt(0.5));

  /** As bits, 2^52; or-ed into a number below 2^52, it makes 2^52 more than that, as a double. */
  static final long TWO_52_BITS = 0x4330000000000000L;

  static final double TWO_52 = 0x1p52;
  static final double LN_2 = 0.693147180559945309417;

  /** Coefficients of s^2 in artanh(s)/s. */
  static final double[] ARTANH = oddReciprocals(10);

  static final long QUADRANT = 1L << 30;

  /** Radians of one step of the 2^32 in a circle. */
  static final double STEP = Math.PI * 0x1p-31;

  /** Coefficients of a^2 in sin(a)/a and in cos(a). */
  static final double[] SINE = alternatingFactorials(8, 1);

  static final double[] COSINE = alternatingFactorials(9, 0);

  private BoxMuller() {}

  /** Turns {@code pairs} pairs of words into as many pairs of normal numbers. */
  static void fill(int[] words, int wi, float[] normals, int ni, int pairs) {
    int pair = VectorWidth.BITS == 0 ? 0 : VectorBoxMuller.fill(words, wi, normals, ni, pairs);
    for (; pair < pairs; pair++) {
      pair(words[wi + 2 * pair] & WORD, words[wi + 2 * pair + 1] & WORD, normals, ni + 2 * pair);
    }
  }

  private static void pair(long word0, long word1, float[] normals, int at) {
    long bits = Double.doubleToRawLongBits(word0 + 1.0);
    long e = (bits - ROOT_HALF) >>> 52;
    double m = Double.longBitsToDouble(bits - (e << 52));
    double s = (m - 1) / (m + 1);
    double logarithm = Math.fma(e - 32.0, LN_2, 2 * s * series(ARTANH, s * s));
    double radius = Math.sqrt(-2 * logarithm);
    long turned = word1 + QUADRANT / 2;
    double a = ((turned & (QUADRANT - 1)) - QUADRANT / 2) * STEP;
    double sine = a * series(SINE, a * a);
    double cosine = series(COSINE, a * a);
    long quadrant = turned >>> 30;
    double first = (quadrant & 1) == 0 ? cosine : sine;
    double second = (quadrant & 1) == 0 ? sine : cosine;
    normals[at] = (float) (radius * ((quadrant + 1 & 2) == 0 ? first : -first));
    normals[at + 1] = (float) (radius * ((quadrant & 2) == 0 ? second : -second));
  }

  private static double series(double[] coefficients, double x) {
    double sum = coefficients[coefficients.length - 1];
    for (int i = coefficients.length - 2; i >= 0; i--) {
      sum = Math.fma(sum, x, coefficients[i]);
    }
    return sum;
  }

  private static double[] oddReciprocals(int terms) {
    double[] coefficients = new double[terms];
    for (int i = 0; i < terms; i++) {
      coefficients[i] = 1.0 / (2 * i + 1);
    }
    return coefficients;
  }

  /** {@code (-1)^i / (2 i + odd)!}. */
  private static double[] alternatingFactorials(int terms, int odd) {
    double[] coefficients = new double[terms];
    double value = 1;
    for (int i = 0; i < terms; i++) {
      coefficients[i] = value;
      value /= -(2 * i + odd + 1.0) * (2 * i + odd + 2);
    }
    return coefficients;
  }
}
