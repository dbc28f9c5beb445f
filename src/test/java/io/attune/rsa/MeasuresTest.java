package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Distances, comparisons, ceilings and variance against numpy and scipy, ties and gaps included.
 */
class MeasuresTest {
  private static final Measured EXPECTED = Measured.read();

  @Test
  void comparisonsAgreeWithScipy() {
    Rdm x = EXPECTED.rdm("x");
    for (Comparison comparison : Comparison.values()) {
      String name = comparison.label();
      assertEquals(
          EXPECTED.number("compare", name),
          comparison.compare(x, EXPECTED.rdm("y")).value(),
          1e-13,
          name);
      assertEquals(
          EXPECTED.number("compare", name),
          comparison.correlate(x.condensed(), EXPECTED.numbers("y")).value(),
          1e-13,
          name);
      assertEquals(
          EXPECTED.number("compare_gaps", name),
          comparison.compare(x, EXPECTED.rdm("gaps"), NanPolicy.DROP).value(),
          1e-13,
          name + " with gaps");
    }
  }

  /** Conditions drawn twice: their own pair is missing, and the copies are conditions of V. */
  @Test
  void bootstrapSamplesAgreeWithNumpy() {
    int[] drawn = Arrays.stream(EXPECTED.numbers("drawn")).mapToInt(v -> (int) v).toArray();
    Rdms x = Rdms.of("x", EXPECTED.rdm("x"));
    Rdms y = Rdms.of("y", EXPECTED.rdm("y"));
    Sampling sampling = Sampling.everything(y).drawn(drawn, new int[] {0});
    for (Comparison comparison : Comparison.values()) {
      double[][][] value = new double[1][1][1];
      sampling.similarity(x, y, comparison, 0, value);
      assertEquals(
          EXPECTED.number("compare_drawn", comparison.label()),
          value[0][0][0],
          1e-13,
          comparison.label());
    }
  }

  @Test
  void comparisonsAreFoundByName() {
    assertEquals(Comparison.KENDALL_TAU_B, Comparison.named("tau-b"));
    assertEquals(Comparison.WHITENED_PEARSON, Comparison.named("CORR_COV"));
    String message =
        assertThrows(InputException.class, () -> Comparison.named("bures")).getMessage();
    assertTrue(message.contains("whitened-cosine"), message);
  }

  @Test
  void kendallAgreesWithCounting() {
    long seed = 31;
    Philox random = new Philox(new PhiloxKey(seed, 0, 0));
    for (int n : new int[] {2, 3, 7, 64, 257}) {
      double[] x = new double[n];
      double[] y = new double[n];
      for (int i = 0; i < n; i++) {
        x[i] = random.nextInt(n);
        y[i] = random.nextInt(9) - 4;
      }
      long score = 0;
      long firstTied = 0;
      long secondTied = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          score += (long) (Math.signum(x[i] - x[j]) * Math.signum(y[i] - y[j]));
          firstTied += x[i] == x[j] ? 1 : 0;
          secondTied += y[i] == y[j] ? 1 : 0;
        }
      }
      assertEquals(
          new Kendall(score, (long) n * (n - 1) / 2, firstTied, secondTied),
          Kendall.of(Ranks.average(x), Ranks.average(y)),
          "seed " + seed + ", n " + n);
    }
  }

  /** Beyond a hand count: with no ties tau is 1 less the inversions. */
  @Test
  void kendallOfManyReversed() {
    int n = 200_000;
    double[] up = new double[n];
    Arrays.setAll(up, i -> i);
    double[] down = Arrays.stream(up).map(v -> -v).toArray();
    assertEquals(-1, Comparison.KENDALL_TAU_A.correlate(up, down).value());
    assertEquals(1, Comparison.KENDALL_TAU_B.correlate(up, up).value());
  }

  @Test
  void constantsHaveNoDirection() {
    double[] x = {1, 2, 3, 4, 5, 6};
    double[] flat = {2, 2, 2, 2, 2, 2};
    for (Comparison comparison : Comparison.values()) {
      double value = comparison.correlate(x, flat).value();
      switch (comparison) {
        case KENDALL_TAU_A, RHO_A -> assertEquals(0, value, 0.0, comparison.label());
        case COSINE, WHITENED_COSINE -> assertTrue(value > 0.5, comparison.label());
        default -> assertTrue(Double.isNaN(value), comparison.label());
      }
    }
  }

  @Test
  void distancesAgreeWithScipy() {
    for (Dissimilarity measure : Dissimilarity.values()) {
      Rdm rdm = Rdm.ofFeatures(Measured.names(8), EXPECTED.rows("features"), measure);
      assertArrayEquals(
          EXPECTED.numbers("distances", measure.name().toLowerCase(Locale.ROOT)),
          rdm.condensed(),
          1e-14,
          measure.name());
    }
  }

  @Test
  void crossnobisAgreesWithItsDefinition() {
    double[][][] folds = EXPECTED.cube("folds");
    assertArrayEquals(
        EXPECTED.numbers("crossnobis"),
        Crossnobis.of(Measured.names(5), folds, null).condensed(),
        1e-14);
    NoisePrecision noise = NoisePrecision.ofResiduals(EXPECTED.rows("residuals"));
    assertEquals(EXPECTED.number("shrinkage"), noise.lambda(), 1e-14);
    double[][] expected = EXPECTED.rows("noise");
    for (int c = 0; c < expected.length; c++) {
      assertArrayEquals(expected[c], noise.covariance()[c], 1e-14);
    }
    assertArrayEquals(
        EXPECTED.numbers("crossnobis_noise"),
        Crossnobis.of(Measured.names(5), folds, noise.precision()).condensed(),
        1e-13);
  }

  @Test
  void crossnobisRefusesBadPatterns() {
    double[][][] folds = EXPECTED.cube("folds");
    double[][][] one = {folds[0]};
    refuses("at least 2 folds", () -> Crossnobis.of(Measured.names(5), one, null));
    refuses("expected 6 rows", () -> Crossnobis.of(Measured.names(6), folds, null));
    double[][] oblique = identity(folds[0][0].length);
    oblique[1][0] = 0.5;
    refuses(
        "not symmetric: [1, 0] is 0.5, [0, 1] is 0.0",
        () -> Crossnobis.of(Measured.names(5), folds, oblique));
    oblique[0][1] = 0.5;
    assertEquals(10, Crossnobis.of(Measured.names(5), folds, oblique).condensed().length);
    oblique[0][1] = 2;
    oblique[1][0] = 2;
    refuses("eigenvalue -1.00", () -> Crossnobis.of(Measured.names(5), folds, oblique));
    folds[1][2][3] = Double.NaN;
    refuses("fold 1, row 2: value 3", () -> Crossnobis.of(Measured.names(5), folds, null));
    refuses("channel 1", () -> NoisePrecision.ofResiduals(new double[][] {{1, 2}, {2, 2}, {0, 2}}));
  }

  private static double[][] identity(int n) {
    double[][] identity = new double[n][n];
    for (int i = 0; i < n; i++) {
      identity[i][i] = 1;
    }
    return identity;
  }

  @Test
  void ceilingsAgreeWithNumpy() {
    double[][] people = EXPECTED.rows("people");
    double[][][] values =
        Arrays.stream(people).map(x -> new double[][] {x}).toArray(double[][][]::new);
    Rdms data = Rdms.of(Measured.names(8), Measured.names(4), new double[0], values);
    for (Comparison comparison : Comparison.values()) {
      for (Pooling pooling : Pooling.values()) {
        NoiseCeiling ceiling = NoiseCeiling.of(data, comparison, pooling);
        double[] expected =
            EXPECTED.numbers(
                pooling == Pooling.MEAN ? "ceiling" : "ceiling_matched", comparison.label());
        String what = comparison.label() + " " + pooling;
        assertEquals(expected[0], ceiling.lower()[0], 1e-13, what);
        assertEquals(expected[1], ceiling.upper()[0], 1e-13, what);
      }
    }
    for (double[][] person : values) {
      person[0] = person[0].clone();
      person[0][3] = Double.NaN;
    }
    Rdms gap = Rdms.of(Measured.names(8), Measured.names(4), new double[0], values);
    values = Arrays.stream(values).map(double[][]::clone).toArray(double[][][]::new);
    for (int p = 1; p < 4; p++) {
      values[p][0] = people[p];
    }
    Rdms one = Rdms.of(Measured.names(8), Measured.names(4), new double[0], values);
    for (Comparison comparison : Comparison.values()) {
      NoiseCeiling all = NoiseCeiling.of(gap, comparison, Pooling.MATCHED);
      assertTrue(all.upper()[0] > all.lower()[0], comparison.label());
      assertArrayEquals(
          all.lower(), NoiseCeiling.of(one, comparison, Pooling.MATCHED).lower(), 1e-13);
    }
    Rdms alone = Rdms.of("one", data.rdm(0, 0));
    refuses(
        "at least 2 participants", () -> NoiseCeiling.of(alone, Comparison.SPEARMAN, Pooling.MEAN));
  }

  @Test
  void varianceAgreesWithLeastSquares() {
    double[][] rows = EXPECTED.rows("models");
    double[][][] values =
        Arrays.stream(rows).map(x -> new double[][] {x}).toArray(double[][][]::new);
    Rdms models = Rdms.of(Measured.names(8), Measured.names(3), new double[0], values);
    Rdm data = Rdm.ofCondensed(Measured.names(8), EXPECTED.rows("people")[0]);
    for (Comparison comparison : new Comparison[] {Comparison.PEARSON, Comparison.SPEARMAN}) {
      String key = comparison == Comparison.PEARSON ? "variance" : "variance_ranks";
      ModelVariance variance = ModelVariance.of(models, data, comparison, NanPolicy.ERROR);
      assertEquals(EXPECTED.number(key, "explained"), variance.explained(), 1e-13);
      assertArrayEquals(EXPECTED.numbers(key, "partial"), variance.partial(), 1e-13);
      assertArrayEquals(EXPECTED.numbers(key, "unique"), variance.unique(), 1e-13);
    }
    values[1] = new double[][] {Arrays.stream(rows[0]).map(v -> 2 * v - 1).toArray()};
    refuses(
        "linear mixture",
        () -> ModelVariance.of(models, data, Comparison.PEARSON, NanPolicy.ERROR));
    values[1] = new double[][] {new double[28]};
    refuses(
        "does not vary", () -> ModelVariance.of(models, data, Comparison.PEARSON, NanPolicy.ERROR));
  }

  @Test
  void falseDiscoveryAgreesWithItsDefinition() {
    double[] p = EXPECTED.numbers("p");
    assertArrayEquals(EXPECTED.numbers("adjusted"), FalseDiscovery.adjust(p), 1e-15);
    double[] gap = Arrays.copyOf(p, p.length + 1);
    gap[p.length] = Double.NaN;
    double[] adjusted = FalseDiscovery.adjust(gap);
    assertTrue(Double.isNaN(adjusted[p.length]));
    assertArrayEquals(EXPECTED.numbers("adjusted"), Arrays.copyOf(adjusted, p.length), 1e-15);
  }

  private static void refuses(String part, Executable action) {
    String message = assertThrows(InputException.class, action).getMessage();
    assertTrue(message.contains(part), message);
  }
}
