package io.attune.rsa;

/**
 * Values over time.
 *
 * @param times in ms, ascending
 * @param values one a time; NaN where undefined
 */
public record TimeCourse(double[] times, double[] values) {
  public TimeCourse {
    if (times.length != values.length) {
      throw new IllegalArgumentException(
          "%d times for %d values".formatted(times.length, values.length));
    }
  }

  /**
   * The area under the course by trapezoids between the samples from {@code from} to {@code to} ms,
   * both included, in units of the value times ms. A trapezoid with a NaN end is left out.
   *
   * @throws io.attune.InputException if no sample lies there
   */
  public double area(double from, double to) {
    int[] kept = Samples.between(times, from, to);
    double area = 0;
    for (int k = 1; k < kept.length; k++) {
      int t = kept[k];
      double part = (values[t] + values[t - 1]) / 2 * (times[t] - times[t - 1]);
      area += Double.isNaN(part) ? 0 : part;
    }
    return area;
  }

  /** The area from 0 ms to the end. */
  public double area() {
    return area(0, Double.POSITIVE_INFINITY);
  }
}
