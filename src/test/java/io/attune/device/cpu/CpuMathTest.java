package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.op.Activation;
import org.junit.jupiter.api.Test;

class CpuMathTest {
  @Test
  void theExponentialIsWithinTwoUnitsInTheLastPlace() {
    double worst = 0;
    for (float x = -86.9f; x < 88.7f; x += 0.00037f) {
      double exact = Math.exp(x);
      worst = Math.max(worst, Math.abs(CpuMath.exp(x) - exact) / Math.ulp((float) exact));
    }
    assertTrue(worst < 2, "worst error is " + worst + " ulp");
  }

  @Test
  void theExponentialKeepsItsLimits() {
    assertEquals(1f, CpuMath.exp(0));
    assertEquals(0f, CpuMath.exp(Float.NEGATIVE_INFINITY));
    assertEquals(0f, CpuMath.exp(-1000));
    assertEquals(Float.POSITIVE_INFINITY, CpuMath.exp(100));
    assertEquals(Float.POSITIVE_INFINITY, CpuMath.exp(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(CpuMath.exp(Float.NaN)));
    assertEquals(0f, CpuMath.exp(-88));
    assertEquals(Math.exp(-87), CpuMath.exp(-87), 0x1p-125);
  }

  /** The tails too are right relatively. */
  @Test
  void theNormalDistributionMeetsTabledValues() {
    assertEquals(0.5, CpuMath.normalCdf(0), 1e-7);
    assertEquals(0.8413447460685429, CpuMath.normalCdf(1), 1e-7);
    assertEquals(0.15865525393145705, CpuMath.normalCdf(-1), 2e-8);
    assertEquals(0.0013498980316300933, CpuMath.normalCdf(-3), 4e-10);
    assertEquals(2.866515718791939e-7, CpuMath.normalCdf(-5), 1e-13);
    assertEquals(7.61985302416052e-24, CpuMath.normalCdf(-10), 4e-30);
    assertEquals(0, CpuMath.normalCdf(Float.NEGATIVE_INFINITY));
    assertEquals(1, CpuMath.normalCdf(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(CpuMath.normalCdf(Float.NaN)));
  }

  /**
   * Odd lengths and offsets: whole vectors and the rest must agree with single numbers, bitwise.
   */
  @Test
  void rangesGiveWhatSingleNumbersGive() {
    int n = 2003;
    float[] x = new float[n + 3];
    float[] dy = new float[n + 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i - 1000) * 0.0171f;
      dy[i] = 1 + i % 7;
    }
    float[] y = new float[n + 3];
    CpuMath.exp(x, 1, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(CpuMath.exp(x[1 + i]), y[2 + i], "exp(" + x[1 + i] + ")");
    }
    CpuMath.activate(Activation.QUICK_GELU, x, 1, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(CpuMath.quickGelu(x[1 + i]), y[2 + i], "quick_gelu(" + x[1 + i] + ")");
    }
    CpuMath.activate(Activation.GELU, x, 1, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(CpuMath.gelu(x[1 + i]), y[2 + i], "gelu(" + x[1 + i] + ")");
    }
    CpuMath.activateBackward(Activation.QUICK_GELU, x, 1, dy, 3, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(dy[3 + i] * CpuMath.quickGeluDerivative(x[1 + i]), y[2 + i]);
    }
    CpuMath.activateBackward(Activation.GELU, x, 1, dy, 3, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(dy[3 + i] * CpuMath.geluDerivative(x[1 + i]), y[2 + i]);
    }
  }
}
