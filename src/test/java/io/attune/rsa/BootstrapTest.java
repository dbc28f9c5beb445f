package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a bootstrap orders once is what its definition, gathering every draw, gives. */
class BootstrapTest {
  private static final long SEED = 11;
  private static final int N = 12;
  private static final int PAIRS = N * (N - 1) / 2;
  private static final int SAMPLES = 24;
  private static final double[] TIMES = {0, 5, 10, 15};
  private static final List<String> NAMES = Measured.names(N);

  private final Philox random = new Philox(new PhiloxKey(SEED, 0, 0));

  /** Time 0 has no ties, time 1 many, time 2 is undefined for label 0, time 3 has a gap. */
  private Rdms rdms(String label, int labels, boolean missing) {
    double[][][] values = new double[labels][TIMES.length][PAIRS];
    for (int i = 0; i < labels; i++) {
      for (int p = 0; p < PAIRS; p++) {
        values[i][0][p] = random.nextNormal();
        values[i][1][p] = random.nextInt(4);
        values[i][2][p] = missing && i == 0 ? Double.NaN : random.nextNormal();
        values[i][3][p] = missing && i == 0 && p == 5 ? Double.NaN : random.nextInt(40);
      }
    }
    List<String> names = IntStream.range(0, labels).mapToObj(i -> label + i).toList();
    return Rdms.of(NAMES, names, TIMES, values);
  }

  @Test
  void similaritiesAreThoseOfTheDefinition() {
    Rdms data = rdms("p", 4, false);
    Rdms gated = rdms("m", 2, true);
    Rdms still = Rdms.of("still", rdms("s", 1, false).rdm(0, 1));
    for (Rdms models : List.of(gated, still)) {
      for (Comparison comparison : Comparison.values()) {
        for (Bootstrap.Over over : Bootstrap.Over.values()) {
          Bootstrap bootstrap = new Bootstrap(over, SAMPLES, SEED);
          Distribution[] drawn = bootstrap.similarity(models, data, comparison);
          double[][][] expected = similarity(bootstrap.draws(data), models, data, comparison);
          for (int m = 0; m < drawn.length; m++) {
            same(expected[m], drawn[m].samples(), comparison + " " + over + ", seed " + SEED);
          }
        }
      }
    }
  }

  private static double[][][] similarity(
      BootstrapDraws draws, Rdms models, Rdms data, Comparison comparison) {
    double[][][] means = new double[models.labels().size()][SAMPLES][TIMES.length];
    Sampling everything = Sampling.everything(data);
    for (int i = 0; i < SAMPLES; i++) {
      double[][][] values = new double[means.length][data.labels().size()][TIMES.length];
      for (int t = 0; t < TIMES.length; t++) {
        draws.sampling(everything, i).similarity(models, data, comparison, t, values);
      }
      for (int m = 0; m < means.length; m++) {
        means[m][i] = Similarity.mean(values[m]);
      }
    }
    return means;
  }

  @Test
  void ceilingsAreThoseOfTheDefinition() {
    for (boolean missing : new boolean[] {false, true}) {
      Rdms data = rdms("p", 3, missing);
      Sampling everything = Sampling.everything(data);
      for (Comparison comparison : Comparison.values()) {
        for (Bootstrap.Over over : Bootstrap.Over.values()) {
          for (Pooling pooling : Pooling.values()) {
            Bootstrap bootstrap = new Bootstrap(over, SAMPLES, SEED);
            BootstrapDraws draws = bootstrap.draws(data);
            double[][][] expected = new double[2][SAMPLES][TIMES.length];
            for (int i = 0; i < SAMPLES; i++) {
              for (int t = 0; t < TIMES.length; t++) {
                double[][] bounds =
                    NoiseCeiling.bounds(
                        draws.sampling(everything, i), data, comparison, pooling, t);
                expected[0][i][t] = NoiseCeiling.mean(bounds[0]);
                expected[1][i][t] = NoiseCeiling.mean(bounds[1]);
              }
            }
            Distribution[] drawn = bootstrap.ceiling(data, comparison, pooling);
            String what = "%s %s %s, missing %s".formatted(comparison, over, pooling, missing);
            same(expected[0], drawn[0].samples(), what);
            same(expected[1], drawn[1].samples(), what);
          }
        }
      }
    }
  }

  /** Ranks of integers are exact: to rounding of a root, and NaN where the other is. */
  private static void same(double[][] expected, double[][] found, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], found[i], 1e-13, what + ", sample " + i);
    }
  }

  @Test
  void drawnPairsAreCounted() {
    DrawnPairs drawn = DrawnPairs.of(new int[] {3, 1, 3, 3, 1});
    assertEquals(2, drawn.conditions());
    assertArrayEquals(new int[] {Rdm.place(1, 3, 5)}, drawn.places());
    assertArrayEquals(new int[] {6}, drawn.weights());
    assertEquals(6, drawn.total());
    assertEquals(Pairs.ofSample(new int[] {3, 1, 3, 3, 1}, null).count(), drawn.total());
  }

  @Test
  void tooFewDifferentConditionsAreUndefined() {
    Rdms data = Rdms.of("p", Rdm.ofCondensed(Measured.names(3), new double[] {1, 3, 2}));
    Bootstrap bootstrap = new Bootstrap(Bootstrap.Over.CONDITIONS, 50, SEED);
    for (Comparison comparison : new Comparison[] {Comparison.SPEARMAN, Comparison.KENDALL_TAU_A}) {
      double[][] samples = bootstrap.similarity(data, data, comparison)[0].samples();
      long defined = Arrays.stream(samples).filter(sample -> !Double.isNaN(sample[0])).count();
      long different =
          IntStream.range(0, 50)
              .filter(i -> Arrays.stream(bootstrap.conditions(i, 3)).distinct().count() == 3)
              .count();
      assertEquals(different, defined, comparison.label());
      assertTrue(defined > 0 && defined < 50, "seed " + SEED);
    }
  }
}
