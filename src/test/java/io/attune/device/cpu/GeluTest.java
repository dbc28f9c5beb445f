package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GeluTest {
  private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);

  @Test
  void valuesAreWithinTheirBounds() {
    double below = 0;
    double above = 0;
    for (float x = -9; x < 9; x += 0.00017f) {
      double error = Math.abs(Gelu.value(x) - x * normalCdf(x));
      if (x < 2) {
        below = Math.max(below, error);
      } else {
        above = Math.max(above, error / Math.ulp(x));
      }
    }
    assertTrue(below < 1.5e-7, "worst error below 2 is " + below);
    assertTrue(above < 0.7, "worst error above 2 is " + above + " ulp");
  }

  @Test
  void derivativesAreWithinTheirBound() {
    double worst = 0;
    for (float x = -9; x < 9; x += 0.00017f) {
      double expected = normalCdf(x) + x * Math.exp(-0.5 * x * x) / SQRT_2_PI;
      worst = Math.max(worst, Math.abs(Gelu.derivative(x) - expected));
    }
    assertTrue(worst < 4e-7, "worst error is " + worst);
  }

  @Test
  void limits() {
    assertEquals(0f, Gelu.value(0));
    assertEquals(0f, Gelu.value(-6.5f));
    assertEquals(0f, Gelu.value(Float.NEGATIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, Gelu.value(Float.POSITIVE_INFINITY));
    assertEquals(Float.MAX_VALUE, Gelu.value(Float.MAX_VALUE));
    assertTrue(Float.isNaN(Gelu.value(Float.NaN)));
    assertEquals(0.5f, Gelu.derivative(0), 1e-7);
    assertEquals(0f, Gelu.derivative(Float.NEGATIVE_INFINITY), Float.MIN_VALUE);
    assertEquals(1f, Gelu.derivative(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(Gelu.derivative(Float.NaN)));
  }

  /** Odd lengths and offsets: whole vectors and the rest agree with single numbers, bitwise. */
  @Test
  void rangesGiveWhatSingleNumbersGive() {
    int n = 2003;
    float[] x = new float[n + 3];
    float[] dy = new float[n + 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 1000) * 0.0171f;
      dy[i] = 1 + i % 7;
    }
    x[50] = Float.NaN;
    x[51] = Float.POSITIVE_INFINITY;
    x[52] = Float.NEGATIVE_INFINITY;
    float[] y = new float[n + 3];
    Gelu.values(x, 1, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(Gelu.value(x[1 + i]), y[2 + i], "gelu(" + x[1 + i] + ")");
    }
    Gelu.backward(x, 1, dy, 3, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(dy[3 + i] * Gelu.derivative(x[1 + i]), y[2 + i], "slope at " + x[1 + i]);
    }
  }

  /** By its Taylor series about 0. */
  private static double normalCdf(double x) {
    double term = x;
    double sum = x;
    for (int n = 3; Math.abs(term) > 1e-18 * Math.abs(sum); n += 2) {
      term *= x * x / n;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / SQRT_2_PI;
  }
}
