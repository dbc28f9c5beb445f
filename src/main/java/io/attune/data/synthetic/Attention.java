package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import java.util.ArrayList;
import java.util.List;

/**
 * Which {@link Theme}s people attend to: each theme divides them into a half that does and a half
 * that does not. Of many such divisions that is taken in which the two people who are most alike
 * differ most.
 *
 * <p>So some pairs of people are more alike than others, as second-order comparisons need, where
 * weights of dimensions drawn one by one would make all pairs about equally unlike; and no two are
 * nearly the same, as happens among a handful of people drawn one by one, so that a model of one
 * can be told from that of another.
 */
final class Attention {
  private static final double SPREAD = 1.6;
  private static final double DIMENSION_SPREAD = 0.1;
  private static final int TRIES = 200;

  private final List<Theme> themes;

  /** [participants][themes]. */
  private final boolean[][] attends;

  /** Draws for so many participants. */
  Attention(List<Theme> themes, int participants, long seed) {
    this.themes = themes;
    Draws draws = new Draws(seed, Purpose.MEG_ATTENTION, 0);
    boolean[][] best = divided(themes.size(), participants, draws);
    for (int i = 1; i < TRIES; i++) {
      boolean[][] other = divided(themes.size(), participants, draws);
      best = leastDifference(other) > leastDifference(best) ? other : best;
    }
    attends = best;
  }

  private static boolean[][] divided(int themes, int participants, Draws draws) {
    boolean[][] attends = new boolean[participants][themes];
    for (int theme = 0; theme < themes; theme++) {
      int[] order = draws.permutation(participants);
      for (int place = 0; place < participants / 2; place++) {
        attends[order[place]][theme] = true;
      }
    }
    return attends;
  }

  /** In how many themes the two people differ who differ in the fewest. */
  private static int leastDifference(boolean[][] attends) {
    int least = Integer.MAX_VALUE;
    for (int a = 0; a < attends.length; a++) {
      for (int b = 0; b < a; b++) {
        int differences = 0;
        for (int theme = 0; theme < attends[a].length; theme++) {
          differences += attends[a][theme] == attends[b][theme] ? 0 : 1;
        }
        least = Math.min(least, differences);
      }
    }
    return least;
  }

  /**
   * How much each dimension counts for a participant: {@code exp(1.6 sum s_theme / sqrt(m) + 0.1
   * e)} over the m themes that it belongs to, s being 1 where the participant attends and -1 where
   * not, e standard normal.
   */
  List<Double> weights(int participant, int dimensions, Draws draws) {
    double[] sums = new double[dimensions];
    int[] memberships = new int[dimensions];
    for (int theme = 0; theme < themes.size(); theme++) {
      for (int member : themes.get(theme).members()) {
        sums[member] += attends[participant][theme] ? 1 : -1;
        memberships[member]++;
      }
    }
    List<Double> weights = new ArrayList<>();
    for (int k = 0; k < dimensions; k++) {
      double shared = memberships[k] == 0 ? 0 : sums[k] / Math.sqrt(memberships[k]);
      weights.add(StrictMath.exp(SPREAD * shared + DIMENSION_SPREAD * draws.normal()));
    }
    return List.copyOf(weights);
  }
}
