package io.attune.device.cuda.smoke;

/** {@code ||ours - theirs|| / ||theirs||}, the measure of all checks. */
final class RelativeError {
  private RelativeError() {}

  static double of(float[] ours, double[] theirs) {
    return of(ours, theirs, 0);
  }

  /**
   * @param scale what the difference is held against where it is longer than theirs
   */
  static double of(float[] ours, double[] theirs, double scale) {
    double difference = 0;
    for (int i = 0; i < theirs.length; i++) {
      difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
    }
    return Math.sqrt(difference) / Math.max(length(theirs), scale);
  }

  static double length(double[] values) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
