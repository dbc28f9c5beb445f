package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReferenceErrorTest {
  @Test
  void isTheRelativeDistance() {
    ReferenceError error = new ReferenceError(5);
    assertEquals(0.5 / 5, error.of(new double[] {3, 4.5}, new double[] {3, 4}), 1e-15);
    assertEquals(0, error.of(new float[] {3, 4}, new double[] {3, 4}));
  }

  @Test
  void measuresTinyTensorsAgainstTheLargest() {
    ReferenceError error = new ReferenceError(100);
    assertEquals(3e-7 / 100, error.of(new double[] {3e-7}, new double[] {0}), 1e-20);
    assertEquals(3e-7 / 100, error.of(new double[] {3e-7}, new double[] {0.99e-4}), 1e-20);
    assertEquals(0.5, error.of(new double[] {1.5e-4}, new double[] {1e-4}), 1e-9);
  }

  @Test
  void neverPassesWhatIsNotANumber() {
    for (double largest : new double[] {0, 1}) {
      ReferenceError error = new ReferenceError(largest);
      assertFalse(error.of(new double[] {Double.NaN}, new double[] {1}) < 1e9);
      assertFalse(error.of(new double[] {Double.NaN}, new double[] {0}) < 1e9);
    }
    assertEquals(0, new ReferenceError(0).of(new double[1], new double[1]));
    assertTrue(Double.isInfinite(new ReferenceError(0).of(new double[] {1}, new double[1])));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ReferenceError(1).of(new double[2], new double[1]));
  }

  @Test
  void tellsGradientsFromTheRest() {
    assertEquals(ReferenceError.Kind.GRADIENT, ReferenceError.Kind.of("gradient.logit_scale"));
    assertEquals(ReferenceError.Kind.ACTIVATION, ReferenceError.Kind.of("loss"));
  }
}
