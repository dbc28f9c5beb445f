package io.attune.rsa;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Bootstrap over conditions, participants or both. A condition drawn twice becomes two conditions
 * whose own pair is left out (rsatoolbox makes it NaN); a sample of fewer than 3 different
 * conditions is undefined. Sample i depends on the seed and i alone: any number of threads gives
 * the same numbers.
 *
 * @param over what is drawn anew
 * @param samples how many
 * @param seed of the draws
 */
public record Bootstrap(Over over, int samples, long seed) {
  private static final int CONDITION_STREAM = 0x52534101;
  private static final int PARTICIPANT_STREAM = 0x52534102;

  /** What is drawn with replacement. */
  public enum Over {
    CONDITIONS,
    PARTICIPANTS,
    BOTH
  }

  /**
   * @throws InputException if samples is below 2
   */
  public Bootstrap {
    if (samples < 2) {
      throw new InputException("bootstrap: expected at least 2 samples, found " + samples);
    }
  }

  /**
   * The similarity of each model, averaged over participants.
   *
   * @return [models]: the distribution over time
   */
  public Distribution[] similarity(Rdms models, Rdms data, Comparison comparison) {
    double[][][] drawn =
        new BootstrapSimilarity(Similarity.matched(models, data), data, comparison, draws(data))
            .means();
    return Arrays.stream(drawn).map(Distribution::new).toArray(Distribution[]::new);
  }

  /**
   * The noise ceiling.
   *
   * @return the distributions of the lower and the upper bound over time
   */
  public Distribution[] ceiling(Rdms data, Comparison comparison, Pooling pooling) {
    double[][][] drawn = new BootstrapCeiling(data, comparison, pooling, draws(data)).bounds();
    return new Distribution[] {new Distribution(drawn[0]), new Distribution(drawn[1])};
  }

  /** What each sample draws. */
  BootstrapDraws draws(Rdms data) {
    int[] everybody = IntStream.range(0, data.labels().size()).toArray();
    int[][] conditions = over == Over.PARTICIPANTS ? null : new int[samples][];
    int[][] people = new int[samples][];
    for (int i = 0; i < samples; i++) {
      if (conditions != null) {
        conditions[i] = conditions(i, data.conditions());
      }
      people[i] =
          over == Over.CONDITIONS ? everybody : places(PARTICIPANT_STREAM, i, everybody.length);
    }
    return new BootstrapDraws(conditions, people);
  }

  /** Which conditions sample {@code sample} holds, of n. */
  int[] conditions(int sample, int n) {
    return places(CONDITION_STREAM, sample, n);
  }

  private int[] places(int stream, int sample, int n) {
    Philox random = new Philox(new PhiloxKey(seed, stream, sample));
    int[] places = new int[n];
    for (int i = 0; i < n; i++) {
      places[i] = random.nextInt(n);
    }
    return places;
  }
}
