package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;

/** Whitening with a variance for each condition, against V as a full matrix. */
class WhiteningTest {
  private static final int N = 9;
  private static final List<String> NAMES = IntStream.range(0, N).mapToObj(i -> "c" + i).toList();

  private final Philox random = new Philox(new PhiloxKey(21, 0, 0));

  private double[] draw(int count) {
    return IntStream.range(0, count).mapToDouble(i -> random.nextNormal() + 2).toArray();
  }

  private double[] variances() {
    return IntStream.range(0, N).mapToDouble(i -> Math.exp(1.5 * random.nextNormal())).toArray();
  }

  /** The contrasts' covariance C diag(s) C^T, every entry squared: rsatoolbox's V. */
  private static SimpleMatrix covariance(Pairs pairs, double[] variances) {
    SimpleMatrix contrasts = new SimpleMatrix(pairs.count(), pairs.conditions());
    for (int p = 0; p < pairs.count(); p++) {
      contrasts.set(p, pairs.first(p), 1);
      contrasts.set(p, pairs.second(p), -1);
    }
    SimpleMatrix xi = contrasts.mult(SimpleMatrix.diag(variances)).mult(contrasts.transpose());
    return xi.elementMult(xi);
  }

  private static double product(SimpleMatrix inverse, double[] x, double[] y) {
    SimpleMatrix row = new SimpleMatrix(1, x.length, true, x);
    return row.mult(inverse).mult(new SimpleMatrix(y.length, 1, true, y)).get(0);
  }

  private static double cosine(SimpleMatrix inverse, double[] x, double[] y) {
    return product(inverse, x, y) / Math.sqrt(product(inverse, x, x) * product(inverse, y, y));
  }

  @Test
  void productsAreThoseOfTheFullMatrix() {
    boolean[] some = new boolean[Rdm.pairs(N)];
    for (int p = 0; p < some.length; p++) {
      some[p] = p % 5 != 2;
    }
    for (int round = 0; round < 20; round++) {
      double[] s = variances();
      Pairs all = Pairs.all(N, s);
      for (Pairs pairs : List.of(all, all.only(some))) {
        SimpleMatrix inverse = covariance(pairs, s).invert();
        double[] x = draw(pairs.count());
        double[] y = draw(pairs.count());
        double[] a = pairs.whitening().whiten(x);
        double[] b = pairs.whitening().whiten(y);
        double found = IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
        double scale = Math.sqrt(product(inverse, x, x) * product(inverse, y, y));
        assertEquals(product(inverse, x, y), found, 1e-9 * scale, "round " + round);
      }
    }
  }

  @Test
  void equalVariancesAreNone() {
    double[] x = draw(Rdm.pairs(N));
    double[] y = draw(Rdm.pairs(N));
    Rdm a = Rdm.ofCondensed(NAMES, x);
    Rdm b = Rdm.ofCondensed(NAMES, y);
    double[] equal = new double[N];
    Arrays.fill(equal, 0.3);
    for (Comparison comparison : List.of(Comparison.WHITENED_COSINE, Comparison.WHITENED_PEARSON)) {
      double without = comparison.compare(a, b).value();
      assertEquals(without, comparison.compare(a, b, NanPolicy.ERROR, equal).value(), 1e-13);
      assertNotEquals(
          without, comparison.compare(a, b, NanPolicy.ERROR, variances()).value(), 1e-6);
    }
  }

  /** Data and models of other orders and choices of conditions, with gaps, drawn and shuffled. */
  @Test
  void variancesGoWithTheirConditions() {
    double[] s = variances();
    double[] gaps = draw(Rdm.pairs(N));
    gaps[0] = Double.NaN;
    Rdms data = Rdms.of("data", Rdm.ofCondensed(NAMES, gaps)).withVariances(s);
    List<String> mixed = List.of("c7", "c2", "c0", "c8", "c3", "c5");
    Rdms chosen = data.select(mixed);
    double[] own =
        mixed.stream().mapToDouble(name -> s[Integer.parseInt(name.substring(1))]).toArray();
    Rdms model = Rdms.of("m", Rdm.ofCondensed(NAMES, draw(Rdm.pairs(N)))).select(mixed.reversed());
    double[] x = model.select(mixed).rdm(0, 0).condensed();
    double[] y = chosen.rdm(0, 0).condensed();
    Pairs pairs = Pairs.all(mixed.size());
    double expected = cosine(covariance(pairs, own).invert(), x, y);
    double found = Similarity.of(model, chosen, Comparison.WHITENED_COSINE).values()[0][0][0];
    assertEquals(expected, found, 1e-12);
    assertTrue(Double.isFinite(found), "the gap is not among the chosen");

    int[] drawn = {5, 0, 3, 3, 1, 5};
    Sampling sample = Sampling.everything(chosen).drawn(drawn, new int[] {0});
    double[][][] value = new double[1][1][1];
    sample.similarity(model.select(mixed), chosen, Comparison.WHITENED_COSINE, 0, value);
    double[] again = Arrays.stream(drawn).mapToDouble(i -> own[i]).toArray();
    double ofDrawn =
        cosine(
            covariance(sample.pairs(), again).invert(),
            sample.pairs().gather(x, drawn, mixed.size()),
            sample.pairs().gather(y, drawn, mixed.size()));
    assertEquals(ofDrawn, value[0][0][0], 1e-12);

    double all = Similarity.of(model, chosen, Comparison.WHITENED_PEARSON).values()[0][0][0];
    double p = new Permutation(200, 3).test(model, chosen, Comparison.WHITENED_PEARSON)[0][0];
    double self = new Permutation(200, 3).test(chosen, chosen, Comparison.WHITENED_PEARSON)[0][0];
    assertTrue(Math.abs(all) < 1 && p > self, p + " against " + self);
  }

  @Test
  void onlyNumbersAboveZeroAreVariances() {
    Rdms data = Rdms.of("data", Rdm.ofCondensed(NAMES, draw(Rdm.pairs(N))));
    double[] bad = variances();
    for (double value : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      bad[3] = value;
      String told = assertThrows(InputException.class, () -> data.withVariances(bad)).getMessage();
      assertTrue(told.startsWith("c3: variance of noise"), told);
    }
    assertThrows(InputException.class, () -> data.withVariances(new double[N - 1]));
  }
}
