package io.attune.hba;

/**
 * The fixed time courses of a MEG model, one value a time point (spec/clip-hba.md section 6).
 *
 * @param richness alpha, scales the mixed features
 * @param generalization beta, gates what is kept of them
 * @param noiseLevel nu, times the deviation over the batch
 */
public record TimeCourses(float[] richness, float[] generalization, float[] noiseLevel) {
  public TimeCourses {
    if (richness.length != generalization.length || richness.length != noiseLevel.length) {
      throw new IllegalArgumentException(
          "time courses of %d, %d and %d points"
              .formatted(richness.length, generalization.length, noiseLevel.length));
    }
  }

  /** T. */
  public int times() {
    return richness.length;
  }

  /** alpha and beta averaged over {@code window} points to each side that exist; nu as it is. */
  public TimeCourses windowed(int window) {
    return new TimeCourses(mean(richness, window), mean(generalization, window), noiseLevel);
  }

  private static float[] mean(float[] values, int window) {
    float[] means = new float[values.length];
    for (int t = 0; t < values.length; t++) {
      int from = Math.max(0, t - window);
      int to = Math.min(values.length - 1, t + window);
      double sum = 0;
      for (int i = from; i <= to; i++) {
        sum += values[i];
      }
      means[t] = (float) (sum / (to - from + 1));
    }
    return means;
  }
}
