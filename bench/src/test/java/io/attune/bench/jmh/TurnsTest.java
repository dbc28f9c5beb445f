package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Providers take turns; short runs begin a slice uncounted, long ones do not. */
class TurnsTest {
  @Test
  void shortRunsSettleFromTheSecondSliceOn() {
    Turns turns = new Turns(2);
    assertEquals(0, turns.next());
    assertFalse(turns.settles());
    turns.end(100_000_000, 10);
    assertEquals(1, turns.next());
    assertFalse(turns.settles());
    turns.end(60_000_000_000L, 1);
    assertEquals(0, turns.next());
    assertTrue(turns.settles());
    turns.end(100_000_000, 1);
    assertEquals(1, turns.next());
    assertFalse(turns.settles());
    turns.end(100_000_000, 2);
    assertEquals(0, turns.next());
    assertFalse(turns.settles());
    assertEquals(1, turns.next());
    assertTrue(turns.settles());
  }

  @Test
  void aSliceWithoutRunsTellsNothing() {
    Turns turns = new Turns(1);
    turns.next();
    turns.end(5, 0);
    turns.next();
    assertFalse(turns.settles());
    turns.end(5, 1000); // less than a nanosecond a run
    turns.next();
    assertTrue(turns.settles());
  }
}
