package io.attune.data.synthetic;

/**
 * A linear mixture of red, green and blue.
 *
 * @param r 0..1
 * @param g 0..1
 * @param b 0..1
 */
record Color(double r, double g, double b) {
  static final Color WHITE = new Color(1, 1, 1);
  static final Color BLACK = new Color(0, 0, 0);

  static Color gray(double level) {
    return new Color(level, level, level);
  }

  /** From hue (any real, 1 a full turn), saturation and value, both on 0..1. */
  static Color hsv(double hue, double saturation, double value) {
    double h = 6 * (hue - Math.floor(hue));
    return new Color(
        channel(h, 5, saturation, value),
        channel(h, 3, saturation, value),
        channel(h, 1, saturation, value));
  }

  private static double channel(double h, int offset, double saturation, double value) {
    double k = (h + offset) % 6;
    double ramp = Math.clamp(Math.min(k, 4 - k), 0.0, 1.0);
    return value * (1 - saturation * ramp);
  }

  /** This color where {@code amount} is 0, the other where it is 1. */
  Color mix(Color other, double amount) {
    double t = Math.clamp(amount, 0.0, 1.0);
    return new Color(r + t * (other.r - r), g + t * (other.g - g), b + t * (other.b - b));
  }

  /** Every channel times a factor. */
  Color times(double factor) {
    return new Color(r * factor, g * factor, b * factor);
  }

  /** Every channel plus an amount of another color. */
  Color plus(Color other, double amount) {
    return new Color(r + amount * other.r, g + amount * other.g, b + amount * other.b);
  }
}
