package io.attune.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  /** Known answer of Random123's kat_vectors for philox4x32-10 with an all-zero counter and key. */
  @Test
  void philoxMeetsItsKnownAnswer() {
    assertEquals(0x6627e8d5, Philox.bits(new PhiloxKey(0, 0, 0), 0));
    assertEquals(0xe169c58d, Philox.bits(new PhiloxKey(0, 0, 0), 1));
    assertEquals(0xbc57ac4c, Philox.bits(new PhiloxKey(0, 0, 0), 2));
    assertEquals(0x9b00dbd8, Philox.bits(new PhiloxKey(0, 0, 0), 3));
  }
}
