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
    Rdms aligned = Similarity.matched(models, data);
    int count = models.labels().size();
    double[][][] drawn = new double[count][samples][];
    Sampling everything = Sampling.everything(data);
    IntStream.range(0, samples)
        .parallel()
        .forEach(
            i -> {
              Sampling sampling = draw(everything, data, i);
              double[][][] values = new double[count][data.labels().size()][data.steps()];
              if (isDefined(sampling)) {
                for (int t = 0; t < data.steps(); t++) {
                  sampling.similarity(aligned, data, comparison, t, values);
                }
              } else {
                fillNan(values);
              }
              Similarity result = new Similarity(data.times(), values);
              for (int m = 0; m < count; m++) {
                drawn[m][i] = result.mean(m);
              }
            });
    return Arrays.stream(drawn).map(Distribution::new).toArray(Distribution[]::new);
  }

  /**
   * The noise ceiling.
   *
   * @return the distributions of the lower and the upper bound over time
   */
  public Distribution[] ceiling(Rdms data, Comparison comparison, Pooling pooling) {
    double[][][] drawn = new double[2][samples][data.steps()];
    Sampling everything = Sampling.everything(data);
    IntStream.range(0, samples)
        .parallel()
        .forEach(
            i -> {
              Sampling sampling = draw(everything, data, i);
              for (int t = 0; t < data.steps(); t++) {
                double[][] bounds =
                    isDefined(sampling)
                        ? NoiseCeiling.bounds(sampling, data, comparison, pooling, t)
                        : new double[][] {{Double.NaN}, {Double.NaN}};
                drawn[0][i][t] = NoiseCeiling.mean(bounds[0]);
                drawn[1][i][t] = NoiseCeiling.mean(bounds[1]);
              }
            });
    return new Distribution[] {new Distribution(drawn[0]), new Distribution(drawn[1])};
  }

  private static boolean isDefined(Sampling sampling) {
    return sampling.identity() || Arrays.stream(sampling.conditions()).distinct().count() >= 3;
  }

  private static void fillNan(double[][][] values) {
    for (double[][] model : values) {
      for (double[] row : model) {
        Arrays.fill(row, Double.NaN);
      }
    }
  }

  private Sampling draw(Sampling everything, Rdms data, int sample) {
    int[] people =
        over == Over.CONDITIONS
            ? everything.participants()
            : places(PARTICIPANT_STREAM, sample, data.labels().size());
    return over == Over.PARTICIPANTS
        ? everything.ofParticipants(people)
        : Sampling.drawn(conditions(sample, data.conditions()), people);
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
