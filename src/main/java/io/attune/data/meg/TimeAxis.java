package io.attune.data.meg;

import io.attune.InputException;

/**
 * When samples were taken, relative to the image's onset.
 *
 * @param firstMs time of sample 0
 * @param stepMs between samples, above 0
 * @param count number of samples, at least 1
 */
public record TimeAxis(double firstMs, double stepMs, int count) {
  /**
   * @throws InputException if the values make no axis
   */
  public TimeAxis {
    if (!Double.isFinite(firstMs) || !(stepMs > 0) || Double.isInfinite(stepMs) || count < 1) {
      throw new InputException(
          "time axis: expected a first time, a step above 0 and a sample or more, found %s, %s and %d"
              .formatted(firstMs, stepMs, count));
    }
  }

  /** Time of sample {@code i}. */
  public double ms(int i) {
    return firstMs + stepMs * i;
  }

  /** Time of the last sample. */
  public double lastMs() {
    return ms(count - 1);
  }

  /**
   * The sample of a time.
   *
   * @throws InputException if there is none within a thousandth of a step
   */
  public int indexOf(double ms) {
    if (!has(ms)) {
      throw new InputException("no sample at %s ms; there are %s".formatted(text(ms), this));
    }
    return (int) Math.round((ms - firstMs) / stepMs);
  }

  /** Whether there is a sample within a thousandth of a step of a time. */
  public boolean has(double ms) {
    double place = (ms - firstMs) / stepMs;
    long nearest = Math.round(place);
    return Math.abs(place - nearest) <= 1e-3 && nearest >= 0 && nearest < count;
  }

  /** {@code length} samples from sample {@code from} on. */
  public TimeAxis part(int from, int length) {
    return new TimeAxis(ms(from), stepMs, length);
  }

  /** Such as {@code 281 times, -100..1300 ms in steps of 5 ms}. */
  @Override
  public String toString() {
    return "%d times, %s..%s ms in steps of %s ms"
        .formatted(count, text(firstMs), text(lastMs()), text(stepMs));
  }

  private static String text(double ms) {
    return ms == Math.rint(ms) ? Long.toString((long) ms) : Double.toString(ms);
  }
}
