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
    CpuMath.activateBackward(Activation.QUICK_GELU, x, 1, dy, 3, y, 2, n);
    for (int i = 0; i < n; i++) {
      assertEquals(dy[3 + i] * CpuMath.quickGeluDerivative(x[1 + i]), y[2 + i]);
    }
  }
}
