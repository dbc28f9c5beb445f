package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelRdmTest {
  private static final List<String> NAMES = List.of("a", "b", "c");
  private static final double NAN = Double.NaN;

  @Test
  void allTimesAndPairsCountTogether() {
    double[][][] values = {
      {{1, 2, 3}, {4, 5, 9}},
      {{2, 4, 6}, {8, 10, 18}},
      {{NAN, NAN, NAN}, {-4, -5, -9}},
      {{3, 1, 2}, {5, 4, 7}}
    };
    Rdm rdm =
        LabelRdm.of(Rdms.of(NAMES, List.of("P1", "P2", "P3", "P4"), new double[] {0, 5}, values));
    assertEquals(List.of("P1", "P2", "P3", "P4"), rdm.names());
    assertEquals(0, rdm.get(0, 1), 1e-12);
    assertEquals(2, rdm.get(0, 2), 1e-12);
    // Centred: (-3, -2, -1, 0, 1, 5) and (-2/3, -8/3, -5/3, 4/3, 1/3, 10/3) times 1.
    double product = 2 + 16 / 3.0 + 5 / 3.0 + 0 + 1 / 3.0 + 50 / 3.0;
    double first = 9 + 4 + 1 + 0 + 1 + 25;
    double second = (4 + 64 + 25 + 16 + 1 + 100) / 9.0;
    assertEquals(1 - product / Math.sqrt(first * second), rdm.get(0, 3), 1e-12);
  }

  @Test
  void nothingInCommonIsUndefined() {
    double[][][] values = {{{1, 2, 3}}, {{NAN, NAN, 1}}};
    Rdm rdm = LabelRdm.of(Rdms.of(NAMES, List.of("P1", "P2"), new double[] {0}, values));
    assertTrue(Double.isNaN(rdm.get(0, 1)));
    Rdms one = Rdms.of(NAMES, List.of("P1"), new double[] {0}, new double[][][] {{{1, 2, 3}}});
    assertThrows(InputException.class, () -> LabelRdm.of(one));
  }

  @Test
  void aConstantSideIsUndefined() {
    double[][][] values = {{{0.1, 0.1, 0.1}, {0.1, 0.1, 0.1}}, {{1, 2, 1}, {3, 2, 5}}};
    Rdm rdm = LabelRdm.of(Rdms.of(NAMES, List.of("P1", "P2"), new double[] {0, 5}, values));
    assertTrue(Double.isNaN(rdm.get(0, 1)));
  }
}
