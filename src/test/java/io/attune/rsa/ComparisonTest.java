package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final double[] X = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  private static final double[] Y = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4};

  @Test
  void ranksAverageTies() {
    double[] values = {0.5, -2, 0.0, -0.0, 0.5, 7, Double.POSITIVE_INFINITY, -1e-300, 0.5};
    assertArrayEquals(new double[] {6, 1, 3.5, 3.5, 6, 8, 9, 2, 6}, Ranks.average(values));
    assertThrows(IllegalArgumentException.class, () -> Ranks.average(new double[] {1, Double.NaN}));
    assertEquals(0, Ranks.average(new double[0]).length);
  }

  @Test
  void ranksOfManyAgreeWithCounting() {
    Philox random = new Philox(new PhiloxKey(11, 0, 0));
    double[] values = new double[1500];
    for (int i = 0; i < values.length; i++) {
      values[i] = (random.nextInt(601) - 300) * 0.125;
    }
    double[] ranks = Ranks.average(values);
    for (int i = 0; i < values.length; i++) {
      double value = values[i];
      long below = Arrays.stream(values).filter(v -> v < value).count();
      long same = Arrays.stream(values).filter(v -> v == value).count();
      assertEquals(below + (same + 1) / 2.0, ranks[i], 0.0, "rank of value " + i);
    }
  }

  /** Expected values from scipy.stats 1.17 (spearmanr, pearsonr). */
  @Test
  void agreesWithScipy() {
    Correlation spearman = Comparison.SPEARMAN.correlate(X, Y);
    assertEquals(0.1384567651467695, spearman.value(), 1e-14);
    assertEquals(0.6847503048108998, spearman.pValue(), 1e-12);
    assertEquals(11, spearman.pairs());
    Correlation pearson = Comparison.PEARSON.correlate(X, Y);
    assertEquals(0.09422924859889797, pearson.value(), 1e-14);
    assertEquals(0.7828721022183328, pearson.pValue(), 1e-12);
    assertEquals(0.7568608816920834, Comparison.COSINE.correlate(X, Y).value(), 1e-14);
    assertTrue(Double.isNaN(Comparison.COSINE.correlate(X, Y).pValue()));
  }

  /** The same order gives exactly 1, however many values there are, and so a p-value of 0. */
  @Test
  void sameOrderIsExactlyOne() {
    for (int n = 3; n < 60; n++) {
      double[] x = new double[n];
      double[] y = new double[n];
      for (int i = 0; i < n; i++) {
        x[i] = i;
        y[i] = Math.exp(i);
      }
      assertEquals(new Correlation(1, 0, n), Comparison.SPEARMAN.correlate(x, y));
      double[] down = Arrays.stream(y).map(v -> -v).toArray();
      assertEquals(new Correlation(-1, 0, n), Comparison.SPEARMAN.correlate(x, down));
    }
  }

  @Test
  void sizesOfAnyMagnitudeCorrelate() {
    for (double size : new double[] {1e-100, 1e100}) {
      double[] scaled = Arrays.stream(X).map(v -> v * size).toArray();
      assertEquals(0.09422924859889797, Comparison.PEARSON.correlate(scaled, Y).value(), 1e-14);
      double[] both = Arrays.stream(Y).map(v -> v * size).toArray();
      assertEquals(0.09422924859889797, Comparison.PEARSON.correlate(scaled, both).value(), 1e-14);
    }
  }

  /** r, n and p from scipy.stats.t.sf. */
  @Test
  void pValuesAgreeWithScipy() {
    double[][] cases = {
      {0.3, 20, 0.19875771734455366},
      {-0.05, 1128, 0.0932546815644617},
      {0.08, 1128, 0.0071841066048517754},
      {0.001, 1717731, 0.18998558888007547},
      {0.004, 1717731, 1.584096893569655e-07},
      {-0.9, 5, 0.03738607346849862},
      {0.5, 3, 2.0 / 3},
      {0, 10, 1},
      {-1, 10, 0},
    };
    for (double[] c : cases) {
      assertEquals(
          c[2], StudentT.twoSidedOfCorrelation(c[0], (int) c[1]), 1e-9 * c[2], "r = " + c[0]);
    }
    assertTrue(StudentT.twoSidedOfCorrelation(0.6, 1128) > 0);
    assertTrue(Double.isNaN(StudentT.twoSidedOfCorrelation(0.6, 2)));
  }

  @Test
  void constantSeriesHasNoCorrelation() {
    double[] constant = new double[11];
    Arrays.fill(constant, 0.1);
    for (Comparison comparison : List.of(Comparison.SPEARMAN, Comparison.PEARSON)) {
      assertTrue(Double.isNaN(comparison.correlate(X, constant).value()), comparison.name());
    }
  }

  @Test
  void matchesByNameNotByPlace() {
    Rdm a = Rdm.ofCondensed(List.of("axe", "bag", "cup"), new double[] {1, 2, 3});
    Rdm b = Rdm.ofCondensed(List.of("cup", "axe", "bag"), new double[] {2, 3, 1});
    assertEquals(1, Comparison.SPEARMAN.compare(a, b).value(), 1e-15);
    assertArrayEquals(a.condensed(), b.alignedTo(a).condensed());
    Rdm other = Rdm.ofCondensed(List.of("cup", "axe", "bat"), new double[] {2, 3, 1});
    String message =
        assertThrows(InputException.class, () -> Comparison.SPEARMAN.compare(a, other))
            .getMessage();
    assertTrue(message.contains("bag") && message.contains("bat"), message);
  }

  @Test
  void nanIsErrorOrDroppedOrZeroAsAsked() {
    List<String> names = List.of("axe", "bag", "cup", "dog");
    Rdm a = Rdm.ofCondensed(names, new double[] {1, Double.NaN, 3, 4, 5, 6});
    Rdm b = Rdm.ofCondensed(names, new double[] {2, 9, 3, 5, 4, 7});
    String message =
        assertThrows(InputException.class, () -> Comparison.PEARSON.compare(a, b)).getMessage();
    assertTrue(message.contains("axe") && message.contains("cup"), message);
    double[] x = {1, 3, 4, 5, 6};
    double[] y = {2, 3, 5, 4, 7};
    assertEquals(
        Comparison.PEARSON.correlate(x, y), Comparison.PEARSON.compare(a, b, NanPolicy.DROP));
    assertEquals(
        Comparison.PEARSON.correlate(new double[] {1, 0, 3, 4, 5, 6}, b.condensed()),
        Comparison.PEARSON.compare(a, b, NanPolicy.ZERO));
  }
}
