package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * Where {@link ReweightingOps#inject} takes its standard normal draws and the small floor from that
 * keeps rows from being constant. Three kinds:
 *
 * <ul>
 *   <li>{@link #drawn}: in the operation itself, by Philox: element i of [T, B, K] has normal draw
 *       i ({@link io.attune.device.Philox#normal}) and uniform draw i, {@code low + (high - low)
 *       uniform} with each step rounded to f32, of two keys that lie in device memory, so that a
 *       recorded step draws anew when the host writes another step's key;
 *   <li>{@link #given}: two tensors;
 *   <li>{@link #none}: no noise, a constant floor.
 * </ul>
 *
 * @param key I32 [8]: seed (low word, high word), stream and step of the normal draws, then of the
 *     floor's; or null
 * @param normal [T, B, K] standard normal draws, or null
 * @param floor [T, B, K], or null
 * @param low the floor is drawn from [low, high), or is low where there is no noise
 * @param deviationGiven whether the deviation is read rather than computed from the batch
 */
public record Noise(
    Tensor key, Tensor normal, Tensor floor, float low, float high, boolean deviationGiven) {
  /** Range of the floor, spec/clip-hba.md section 6. */
  public static final float LOWEST_FLOOR = 1e-6f;

  public static final float HIGHEST_FLOOR = 1.1e-5f;

  /** The floor without noise: the middle of its range. */
  public static final float MEAN_FLOOR = 6e-6f;

  /** Noise and floor drawn in the operation. */
  public static Noise drawn(Tensor key) {
    return new Noise(key, null, null, LOWEST_FLOOR, HIGHEST_FLOOR, false);
  }

  /** Given noise and floor; the deviation is the batch's. */
  public static Noise given(Tensor normal, Tensor floor) {
    return new Noise(null, normal, floor, 0, 0, false);
  }

  /** Given noise and floor, scaled by a given deviation. */
  public static Noise givenWithDeviation(Tensor normal, Tensor floor) {
    return new Noise(null, normal, floor, 0, 0, true);
  }

  /** No noise and a constant floor. */
  public static Noise none() {
    return new Noise(null, null, null, MEAN_FLOOR, MEAN_FLOOR, false);
  }

  /** Whether there is noise at all. */
  public boolean isNoisy() {
    return key != null || normal != null;
  }
}
