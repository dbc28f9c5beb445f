package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** How many participants train at once. */
class ParticipantJobsTest {
  private static final long GIB = 1L << 30;

  private static int count(int participants, long freeGib, boolean recomputes, int threads) {
    return ParticipantJobs.of(
            participants,
            OptionalInt.empty(),
            new ParticipantJobs.Needs(2 * GIB, 7 * GIB, recomputes, freeGib * GIB, threads))
        .count();
  }

  @Test
  void participantsThreadsAndMemoryLimitThem() {
    assertEquals(15, count(15, 1000, false, 64));
    assertEquals(8, count(15, 1000, false, 8));
    assertEquals(1, count(15, 1000, false, 1), "a GPU");
    assertEquals(3, count(15, 30, false, 8), "27 of 30 GiB for 9 each");
    assertEquals(2, count(15, 29, false, 8));
    assertEquals(1, count(15, 4, false, 8), "whether it fits is the run's to say");
    assertEquals(1, count(15, 1000, true, 8), "one that takes all memory is alone");
  }

  @Test
  void whatIsAskedForIsTakenIfTheModelsFit() {
    ParticipantJobs.Needs needs = new ParticipantJobs.Needs(2 * GIB, 7 * GIB, true, 10 * GIB, 2);
    ParticipantJobs four = ParticipantJobs.of(15, OptionalInt.of(4), needs);
    assertEquals(new ParticipantJobs(4, 10 * GIB / 4), four);
    assertEquals(3, ParticipantJobs.of(3, OptionalInt.of(4), needs).count());
    InputException e =
        assertThrows(InputException.class, () -> ParticipantJobs.of(15, OptionalInt.of(5), needs));
    assertTrue(e.getMessage().contains("--jobs 5: 5 models of"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}
