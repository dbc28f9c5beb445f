package io.attune.device.cuda.smoke;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import org.junit.jupiter.api.Test;

/** What the GPU's results are held against must itself be right. */
class SmokeArithmeticTest {
  private static final int ROWS = 3;
  private static final int COLUMNS = 5;
  private static final int STRIDE = 7;

  @Test
  void gradientOfNormalisationFollowsFiniteDifferences() {
    float[] x = KernelCheck.randoms(ROWS * STRIDE, 1);
    float[] dy = KernelCheck.randoms(ROWS * STRIDE, 2);
    NormalizeReference reference = new NormalizeReference(x, dy, ROWS, COLUMNS, STRIDE);
    float step = 1f / 256;
    for (int r = 0; r < ROWS; r++) {
      for (int c = 0; c < COLUMNS; c++) {
        double slope = (loss(x, dy, r, c, step) - loss(x, dy, r, c, -step)) / (2 * step);
        assertEquals(slope, reference.dx()[r * COLUMNS + c], 1e-4, "row " + r + ", column " + c);
      }
    }
  }

  /** sum(y dy) with one element of x moved. */
  private static double loss(float[] x, float[] dy, int row, int column, float step) {
    float[] moved = x.clone();
    int i = row * STRIDE + column;
    moved[i] = x[i] + step;
    double taken = ((double) moved[i] - x[i]) / step;
    assertTrue(Math.abs(taken - 1) < 1e-4, "the step is lost in rounding");
    double[] y = new NormalizeReference(moved, dy, ROWS, COLUMNS, STRIDE).y();
    double sum = 0;
    for (int r = 0; r < ROWS; r++) {
      for (int c = 0; c < COLUMNS; c++) {
        sum += y[r * COLUMNS + c] * dy[r * STRIDE + c];
      }
    }
    return sum;
  }

  @Test
  void normalisedRowsHaveLengthOne() {
    float[] x = KernelCheck.randoms(ROWS * STRIDE, 3);
    NormalizeReference reference = new NormalizeReference(x, x, ROWS, COLUMNS, STRIDE);
    for (int r = 0; r < ROWS; r++) {
      double squares = 0;
      for (int c = 0; c < COLUMNS; c++) {
        double value = reference.y()[r * COLUMNS + c];
        squares += value * value;
        assertEquals(x[r * STRIDE + c], value * reference.norm()[r], 1e-12);
      }
      assertEquals(1, squares, 1e-12);
    }
  }

  @Test
  void bfloat16RoundsToTheNearestTiesToEven() {
    assertEquals((short) 0x3F80, Bfloat16.bits(1f));
    assertEquals((short) 0x3F80, Bfloat16.bits(1f + 1f / 256), "a tie goes down to even");
    assertEquals((short) 0x3F82, Bfloat16.bits(1f + 3f / 256), "a tie goes up to even");
    assertEquals((short) 0xBF81, Bfloat16.bits(-1f - 1f / 128));
    float[] values = {0.1f, -3.14159f};
    Bfloat16.round(values);
    assertEquals(0.10009765625f, values[0]);
    assertEquals(-3.140625f, values[1]);
  }

  @Test
  void errorsAreRelativeAndNansStay() {
    assertEquals(0.1, RelativeError.of(new float[] {3.5f, 4f}, new double[] {3, 4}), 1e-12);
    assertEquals(0.05, RelativeError.of(new float[] {3.5f, 4f}, new double[] {3, 4}, 10), 1e-12);
    assertTrue(Double.isNaN(RelativeError.of(new float[] {Float.NaN}, new double[] {1})));
  }

  @Test
  void randomsAreNormalAndRepeat() {
    float[] values = KernelCheck.randoms(1000, 4);
    double squares = 0;
    for (float value : values) {
      squares += value * value;
    }
    assertEquals(1, squares / values.length, 0.15);
    Philox again = new Philox(new PhiloxKey(1, 4, 0));
    assertEquals(values[0], (float) again.nextNormal());
  }
}
