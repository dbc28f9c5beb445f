package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What participants' brains are taken to do, so that MEG RDMs drawn from it have a known truth:
 * first they follow how images look, then the outlines of objects, last and longest the behavioural
 * dimensions, each participant with latencies and weights of their own.
 *
 * <p>The dissimilarity of concepts i and j for participant p at time t is {@code low_p(t) L_ij +
 * shape_p(t) S_ij + behavior_p(t) B_ij + noise_p N}. L is the Euclidean distance of {@link
 * VisualFeatures#edges} and {@link VisualFeatures#color}, S that of {@link VisualFeatures#shape}, B
 * the 1 - Pearson RDM of the dimensions, all of features times the participant's weights and scaled
 * to mean 0.25 and standard deviation 1 over pairs; N is standard normal, drawn for each pair and
 * time. Before the onsets all is noise.
 *
 * <p>People differ in what they attend to, see {@link Attention}, and in how much edges, colours
 * and outlines count.
 *
 * @param firstMs time of the first sample relative to the image's onset
 * @param participants one by one
 */
record PlantedMeg(int firstMs, List<Participant> participants) {
  /**
   * When one kind of likeness shows, and how strongly: {@code strength s exp(1 - s)}, with s = 1 at
   * the peak, or the root of that bump where it lasts.
   *
   * @param onsetMs until when it is 0
   * @param peakMs when it is strongest
   * @param strength at the peak
   * @param lasting whether it decays slowly
   */
  record Course(double onsetMs, double peakMs, double strength, boolean lasting) {
    double at(double ms) {
      double s = (ms - onsetMs) / (peakMs - onsetMs);
      double bump = s <= 0 ? 0 : s * StrictMath.exp(1 - s);
      return strength * (lasting ? Math.sqrt(bump) : bump);
    }
  }

  /**
   * A participant.
   *
   * @param name such as {@code P1}
   * @param lowLevel when likeness of images counts
   * @param shape when likeness of outlines does
   * @param behavior when the behavioural dimensions do
   * @param noise standard deviation of the noise
   * @param edgeWeight how much orientations count
   * @param colorWeight how much colour counts beside them
   * @param shapeWeights how much each number of the outline counts
   * @param dimensionWeights how much each dimension counts
   */
  record Participant(
      String name,
      Course lowLevel,
      Course shape,
      Course behavior,
      double noise,
      double edgeWeight,
      double colorWeight,
      List<Double> shapeWeights,
      List<Double> dimensionWeights) {}

  /** Spread of the logarithms of weights between participants. */
  private static final double VISUAL_SPREAD = 0.7;

  /**
   * Participants of a seed.
   *
   * @param themes over the dimensions
   */
  static PlantedMeg draw(int participants, int dimensions, List<Theme> themes, long seed) {
    Attention attention = new Attention(themes, participants, seed);
    List<Participant> drawn = new ArrayList<>();
    for (int p = 0; p < participants; p++) {
      Draws draws = new Draws(seed, Purpose.MEG, p);
      double onset = draws.uniform(50, 80);
      double shapeOnset = onset + draws.uniform(30, 50);
      double behaviorOnset = onset + draws.uniform(60, 110);
      drawn.add(
          new Participant(
              String.format(Locale.ROOT, "P%d", p + 1),
              new Course(onset, onset + draws.uniform(40, 60), draws.uniform(0.8, 1), false),
              new Course(
                  shapeOnset, shapeOnset + draws.uniform(60, 80), draws.uniform(0.5, 0.7), false),
              new Course(
                  behaviorOnset,
                  behaviorOnset + draws.uniform(100, 180),
                  draws.uniform(0.8, 1),
                  true),
              draws.uniform(1.4, 1.6),
              weight(draws, VISUAL_SPREAD),
              weight(draws, VISUAL_SPREAD),
              weights(draws, VISUAL_SPREAD, VisualFeatures.SHAPE_FEATURES),
              attention.weights(p, dimensions, draws)));
    }
    return new PlantedMeg(-100, List.copyOf(drawn));
  }

  private static List<Double> weights(Draws draws, double spread, int count) {
    List<Double> weights = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      weights.add(weight(draws, spread));
    }
    return List.copyOf(weights);
  }

  private static double weight(Draws draws, double spread) {
    return StrictMath.exp(spread * draws.normal());
  }
}
