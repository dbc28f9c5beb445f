package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import org.junit.jupiter.api.Test;

class SignFlipTest {
  private static final double NAN = Double.NaN;

  /** 16 choices: by hand, how many sums are at least the true one. */
  @Test
  void fewParticipantsAreExact() {
    double[][] values = {{0.4, 0.1, NAN}, {0.3, -0.2, NAN}, {0.2, 0.1, NAN}, {0.1, 0.1, 0.5}};
    double[] p = new SignFlip(1000, 1).test(values);
    assertEquals(1 / 16.0, p[0]);
    // Sums of 0.2 s0 + 0.1 (s1 + s2 + s3) of at least 0.1, s0 the second person's sign: with s0 = +
    // 7 of 8 (all but three minuses), with s0 = - only three pluses.
    assertEquals(8 / 16.0, p[1]);
    assertTrue(Double.isNaN(p[2]));
  }

  @Test
  void manyParticipantsAreDrawnAndComeNearTheExact() {
    long seed = 3;
    Philox random = new Philox(new PhiloxKey(seed, 0, 0));
    double[][] values = new double[12][2];
    for (double[] person : values) {
      person[0] = 0.4 + random.nextNormal();
      person[1] = 3 + random.nextNormal();
    }
    double[] exact = new SignFlip(4096, 1).test(values);
    SignFlip sampled = new SignFlip(4000, 1);
    double[] drawn = sampled.test(values);
    assertArrayEquals(drawn, sampled.test(values));
    assertEquals(exact[0], drawn[0], 0.03, "seed " + seed);
    assertEquals(1 / 4096.0, exact[1]);
    assertTrue(drawn[1] >= 1 / 4001.0 && drawn[1] < 0.002, drawn[1] + ", seed " + seed);
  }

  @Test
  void noFlipsAreRefused() {
    assertThrows(InputException.class, () -> new SignFlip(0, 1));
  }
}
