package io.attune.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Known answers are those of Random123's kat_vectors for philox4x32-10. */
class PhiloxTest {
  @Test
  void zerosMeetTheirKnownAnswer() {
    int[] expected = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    for (int i = 0; i < 4; i++) {
      assertEquals(expected[i], Philox.word(i, 0, 0, 0, 0, 0, 0));
      assertEquals(expected[i], Philox.bits(new PhiloxKey(0, 0, 0), i));
    }
  }

  @Test
  void onesMeetTheirKnownAnswer() {
    int[] expected = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    for (int i = 0; i < 4; i++) {
      assertEquals(expected[i], Philox.word(i, -1, -1, -1, -1, -1, -1));
    }
  }

  @Test
  void digitsOfPiMeetTheirKnownAnswer() {
    int[] expected = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    for (int i = 0; i < 4; i++) {
      assertEquals(
          expected[i],
          Philox.word(i, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
    }
  }

  @Test
  void keyAndIndexFillTheCounter() {
    PhiloxKey key = new PhiloxKey(0x299f31d0a4093822L, 0x13198a2e, 0x03707344);
    assertEquals(
        Philox.word(3, 0x243f6a88, 5, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0),
        Philox.bits(key, (0x5243f6a88L << 2) + 3));
  }

  @Test
  void aSequenceIsTheDrawsOfItsKeyInOrder() {
    PhiloxKey key = new PhiloxKey(7, 1, 2);
    Philox random = new Philox(key, 5);
    assertEquals(Philox.bits(key, 5), random.nextInt());
    assertEquals(Philox.toUniform(Philox.bits(key, 6)), random.nextFloat());
    assertEquals(7, random.position());
    assertEquals(Philox.normal(key, 8), random.nextNormal());
    assertEquals(10, random.position());
  }

  @Test
  void wholeNumbersAreUniformBelowTheirBound() {
    Philox random = new Philox(new PhiloxKey(3, 0, 0));
    int[] counts = new int[10];
    for (int i = 0; i < 10_000; i++) {
      counts[random.nextInt(10)]++;
    }
    for (int count : counts) {
      // Five deviations of a binomial count.
      assertEquals(1000, count, 5 * Math.sqrt(900), Arrays.toString(counts));
    }
    assertThrows(IllegalArgumentException.class, () -> random.nextInt(0));
  }

  @Test
  void aPermutationHoldsEveryNumberOnce() {
    int[] order = new Philox(new PhiloxKey(4, 0, 0)).permutation(1000);
    assertTrue(IntStream.range(0, 1000).anyMatch(i -> order[i] != i));
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < 1000; i++) {
      assertEquals(i, sorted[i]);
    }
  }
}
