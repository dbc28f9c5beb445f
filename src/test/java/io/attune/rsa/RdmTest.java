package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.Test;

class RdmTest {
  private static final List<String> THREE = List.of("a", "b", "c");

  @Test
  void fromFeaturesAgreesWithMatrixAlgebra() {
    Philox random = new Philox(new PhiloxKey(5, 0, 0));
    int n = 23;
    double[][] features = new double[n][17];
    for (double[] row : features) {
      for (int k = 0; k < row.length; k++) {
        row[k] = random.nextNormal() + 3;
      }
    }
    List<String> names = IntStream.range(0, n).mapToObj(i -> "c" + i).toList();
    for (Dissimilarity measure : Dissimilarity.values()) {
      Rdm rdm = Rdm.ofFeatures(names, features, measure);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double expected = i == j ? 0 : reference(features[i], features[j], measure);
          assertEquals(expected, rdm.get(i, j), 1e-14, measure + " " + i + "," + j);
          assertEquals(rdm.get(i, j), rdm.square()[i][j]);
        }
      }
      assertArrayEquals(
          rdm.condensed(), Rdm.ofSquare(names, rdm.square(), NanPolicy.ERROR).condensed());
    }
  }

  private static double reference(double[] a, double[] b, Dissimilarity measure) {
    SimpleMatrix x = new SimpleMatrix(a);
    SimpleMatrix y = new SimpleMatrix(b);
    if (measure == Dissimilarity.EUCLIDEAN) {
      return x.minus(y).normF();
    }
    if (measure == Dissimilarity.CORRELATION) {
      x = x.minus(x.elementSum() / a.length);
      y = y.minus(y.elementSum() / b.length);
    }
    return 1 - x.dot(y) / (x.normF() * y.normF());
  }

  @Test
  void rowsWithoutDirectionAreNan() {
    double[][] features = {{0.1, 0.1, 0.1}, {1, 2, 3}, {3, 2, 2}};
    Rdm rdm = Rdm.ofFeatures(THREE, features, Dissimilarity.CORRELATION);
    assertTrue(rdm.hasNan());
    assertTrue(Double.isNaN(rdm.get(0, 1)) && Double.isNaN(rdm.get(2, 0)));
    assertFalse(Double.isNaN(rdm.get(1, 2)));
    assertFalse(Rdm.ofFeatures(THREE, features, Dissimilarity.COSINE).hasNan());
  }

  @Test
  void tinyFeaturesKeepTheirDirection() {
    double[][] features = {{1e-200, 2e-200}, {1e200, 2e200}, {2, 1}};
    Rdm rdm = Rdm.ofFeatures(THREE, features, Dissimilarity.COSINE);
    assertEquals(0, rdm.get(0, 1), 1e-15);
    assertEquals(0.2, rdm.get(0, 2), 1e-15);
  }

  @Test
  void badInputIsNamed() {
    refuses("value 1 is NaN", new double[][] {{1, 2}, {3, Double.NaN}, {4, 5}});
    refuses("expected 2 values, found 1", new double[][] {{1, 2}, {3}, {4, 5}});
    double[][] square = {{0, 1, 2}, {1, 0, Double.NaN}, {2, Double.NaN, 0}};
    String message =
        assertThrows(InputException.class, () -> Rdm.ofSquare(THREE, square, NanPolicy.ERROR))
            .getMessage();
    assertTrue(message.contains("(b, c)"), message);
    assertEquals(0, Rdm.ofSquare(THREE, square, NanPolicy.ZERO).get(1, 2));
    assertTrue(Rdm.ofSquare(THREE, square, NanPolicy.DROP).hasNan());
    square[0][1] = 1.5;
    assertThrows(InputException.class, () -> Rdm.ofSquare(THREE, square, NanPolicy.ZERO));
    assertThrows(
        InputException.class,
        () -> Rdm.ofCondensed(List.of("a", "b", "a"), new double[] {1, 2, 3}));
    assertThrows(InputException.class, () -> Rdm.ofCondensed(THREE, new double[4]));
  }

  private static void refuses(String part, double[][] features) {
    String message =
        assertThrows(
                InputException.class,
                () -> Rdm.ofFeatures(THREE, features, Dissimilarity.CORRELATION))
            .getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void selectsByName() {
    Rdm rdm = Rdm.ofCondensed(THREE, new double[] {1, 2, 3});
    assertArrayEquals(new double[] {3, 2, 1}, rdm.select(List.of("c", "b", "a")).condensed());
    assertArrayEquals(new double[] {2}, rdm.select(List.of("c", "a")).condensed());
    String message =
        assertThrows(InputException.class, () -> rdm.select(List.of("a", "zebra"))).getMessage();
    assertTrue(message.contains("zebra"), message);
  }
}
