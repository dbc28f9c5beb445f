package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What participants' brains are taken to do, so that MEG RDMs drawn from it have a known truth:
 * early times follow low-level likeness of images, later times the behavioural dimensions, each
 * participant with latencies and weights of their own.
 *
 * <p>The dissimilarity of concepts i and j for participant p at time t is {@code low_p(t) L_ij +
 * behavior_p(t) B_ij + noise_p N}, with L the 1 - Pearson RDM of the images averaged over {@link
 * #lowLevelGrid()} squared cells of red, green and blue, B the 1 - Pearson RDM of the dimensions
 * times the participant's weights, both scaled to 0..1, and N standard normal, drawn for each pair
 * and time.
 *
 * @param firstMs time of the first sample relative to the image's onset
 * @param stepMs between samples
 * @param times number of samples
 * @param lowLevelGrid cells along each side
 * @param participants one by one
 */
record PlantedMeg(
    int firstMs, int stepMs, int times, int lowLevelGrid, List<Participant> participants) {
  /**
   * A participant.
   *
   * @param name such as {@code P1}
   * @param onsetMs when low-level likeness sets in
   * @param lowLevelPeakMs when it is strongest
   * @param behaviorOnsetMs when the behavioural dimensions set in
   * @param behaviorPeakMs when they are strongest
   * @param lowLevelStrength weight at the peak
   * @param behaviorStrength weight at the peak
   * @param noise standard deviation of the noise
   * @param dimensionWeights how much each dimension counts for this participant, about 1
   */
  record Participant(
      String name,
      double onsetMs,
      double lowLevelPeakMs,
      double behaviorOnsetMs,
      double behaviorPeakMs,
      double lowLevelStrength,
      double behaviorStrength,
      double noise,
      List<Double> dimensionWeights) {
    /** Weight of low-level likeness at a time: {@code s exp(1 - s)}, s = 1 at the peak. */
    double lowLevelWeight(double ms) {
      return lowLevelStrength * bump(ms, onsetMs, lowLevelPeakMs);
    }

    /** Weight of the behavioural dimensions: the square root of such a bump, which lasts longer. */
    double behaviorWeight(double ms) {
      return behaviorStrength * Math.sqrt(bump(ms, behaviorOnsetMs, behaviorPeakMs));
    }

    private static double bump(double ms, double onset, double peak) {
      double s = (ms - onset) / (peak - onset);
      return s <= 0 ? 0 : s * StrictMath.exp(1 - s);
    }
  }

  /** Participants of a seed. */
  static PlantedMeg draw(int participants, int dimensions, long seed) {
    List<Participant> drawn = new ArrayList<>();
    for (int p = 0; p < participants; p++) {
      Draws draws = new Draws(seed, Purpose.MEG, p);
      double onset = draws.uniform(50, 80);
      double behaviorOnset = onset + draws.uniform(40, 80);
      double lowLevelPeak = onset + draws.uniform(40, 60);
      double behaviorPeak = behaviorOnset + draws.uniform(100, 180);
      double lowLevel = draws.uniform(0.6, 1);
      double behavior = draws.uniform(0.6, 1);
      double noise = draws.uniform(0.4, 0.6);
      List<Double> weights = new ArrayList<>();
      for (int k = 0; k < dimensions; k++) {
        weights.add(StrictMath.exp(0.5 * draws.normal()));
      }
      drawn.add(
          new Participant(
              String.format(Locale.ROOT, "P%d", p + 1),
              onset,
              lowLevelPeak,
              behaviorOnset,
              behaviorPeak,
              lowLevel,
              behavior,
              noise,
              List.copyOf(weights)));
    }
    return new PlantedMeg(-100, 5, 281, 8, List.copyOf(drawn));
  }
}
