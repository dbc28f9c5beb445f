package io.attune.train;

/**
 * A learning rate that rises in a straight line over the warm-up and then falls along half a cosine
 * to zero (Loshchilov and Hutter 2017), as CLIP was trained.
 *
 * @param peak highest rate
 * @param warmup steps of the rise
 * @param total steps in all
 */
public record CosineSchedule(double peak, long warmup, long total) {
  /** The rate of a step, from 1. */
  public double rate(long step) {
    if (step <= warmup) {
      return peak * step / warmup;
    }
    double done = Math.min(1, (double) (step - warmup) / Math.max(1, total - warmup));
    return peak * (1 + Math.cos(Math.PI * done)) / 2;
  }
}
