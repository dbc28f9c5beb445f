package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PixelBatchesTest {
  private static final int LENGTH = 5;
  private static final int BATCH = 4;

  /** Image i is LENGTH times the number i. */
  private static void write(int index, float[] into, int offset) {
    for (int p = 0; p < LENGTH; p++) {
      into[offset + p] = index;
    }
  }

  private static PixelBatches batches(PixelSource source, int threads) {
    return new PixelBatches(source, LENGTH, BATCH, threads, System::nanoTime);
  }

  private static void assertHolds(float[] pixels, int[] order, int from, int count, int shift) {
    for (int b = 0; b < count; b++) {
      for (int p = 0; p < LENGTH; p++) {
        assertEquals(order[from + b] + shift, pixels[b * LENGTH + p]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void whatIsTakenIsWhatWasAskedForWhateverWasAnnounced(int threads) {
    long seed = 20260000 + threads;
    System.out.println("seed " + seed);
    Random draws = new Random(seed);
    int[] order = IntStream.range(0, 50).map(i -> 49 - i).toArray();
    try (PixelBatches batches = batches(PixelBatchesTest::write, threads)) {
      for (int n = 0; n < 2000; n++) {
        int from = draws.nextInt(46);
        int count = 1 + draws.nextInt(BATCH);
        int shift = draws.nextInt(2) * 7;
        switch (draws.nextInt(4)) {
          case 0 -> {}
          case 1 -> batches.announce(order, draws.nextInt(46), draws.nextInt(BATCH + 1), shift);
          default -> batches.announce(order, from, count, shift);
        }
        assertHolds(batches.take(order, from, count, shift), order, from, count, shift);
      }
    }
  }

  @Test
  void whatWasTakenStaysWhileTheNextIsRead() throws Exception {
    int[] order = IntStream.range(0, 8).toArray();
    CountDownLatch read = new CountDownLatch(8);
    PixelSource source =
        (index, into, offset) -> {
          write(index, into, offset);
          read.countDown();
        };
    try (PixelBatches batches = batches(source, 1)) {
      float[] first = batches.take(order, 0, 4, 0);
      batches.announce(order, 4, 4, 0);
      read.await();
      assertHolds(first, order, 0, 4, 0);
      assertHolds(batches.take(order, 4, 4, 0), order, 4, 4, 0);
    }
  }

  /** A clock that stands still but for the reading of images, 10 a piece. */
  @Test
  void waitingIsWhatTakingCostsAndNothingElse() throws Exception {
    AtomicLong clock = new AtomicLong();
    CountDownLatch read = new CountDownLatch(7);
    PixelSource source =
        (index, into, offset) -> {
          clock.addAndGet(10);
          read.countDown();
        };
    int[] order = IntStream.range(0, 12).toArray();
    try (PixelBatches batches = new PixelBatches(source, LENGTH, BATCH, 1, clock::get)) {
      batches.take(order, 0, 3, 0);
      assertEquals(30, batches.waitedNanoseconds(), "nothing was announced");
      batches.announce(order, 3, 4, 0);
      read.await();
      clock.addAndGet(1000);
      batches.take(order, 3, 4, 0);
      assertEquals(30, batches.waitedNanoseconds(), "all was there");
      batches.take(order, 7, 2, 0);
      assertEquals(50, batches.waitedNanoseconds(), "not announced again");
    }
  }

  @Test
  void aShareOfStepsIsWaited() {
    StepTime time = new StepTime(3, 400, 10).plus(new StepTime(1, 100, 40));
    assertEquals(new StepTime(4, 500, 50), time);
    assertEquals(0.1, time.waitingShare(), 1e-15);
    assertEquals("  (10 % of it waiting for images)", time.complaint());
    assertEquals("", new StepTime(4, 500, 25).complaint());
    assertTrue(Double.isNaN(StepTime.NONE.waitingShare()));
    assertEquals("", StepTime.NONE.complaint());
  }

  @Test
  void theFirstUnreadableImageEndsItsOwnBatchOnly() {
    PixelSource source =
        (index, into, offset) -> {
          if (index == 6 || index == 7) {
            throw new InputException("image " + index);
          }
          write(index, into, offset);
        };
    int[] order = IntStream.range(0, 20).toArray();
    try (PixelBatches batches = batches(source, 2)) {
      batches.take(order, 0, 4, 0);
      batches.announce(order, 4, 4, 0);
      // What was announced and not taken is nobody's trouble.
      assertHolds(batches.take(order, 10, 4, 0), order, 10, 4, 0);
      batches.announce(order, 4, 4, 0);
      for (int n = 0; n < 2; n++) {
        InputException thrown =
            assertThrows(InputException.class, () -> batches.take(order, 4, 4, 0));
        assertEquals("image 6", thrown.getMessage());
      }
      assertHolds(batches.take(order, 8, 4, 0), order, 8, 4, 0);
    }
  }

  @Test
  void anErrorOfAReaderIsTheCallers() {
    StackOverflowError error = new StackOverflowError();
    PixelSource source =
        (index, into, offset) -> {
          throw error;
        };
    try (PixelBatches batches = batches(source, 1)) {
      batches.announce(new int[] {1, 2}, 0, 2, 0);
      assertSame(
          error,
          assertThrows(StackOverflowError.class, () -> batches.take(new int[] {1, 2}, 0, 2, 0)));
    }
  }

  @Test
  void waitingIsInterruptible() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    PixelSource source =
        (index, into, offset) -> {
          if (index == 3) {
            reading.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
          write(index, into, offset);
        };
    int[] order = IntStream.range(0, 8).toArray();
    try (PixelBatches batches = batches(source, 1)) {
      batches.announce(order, 3, 1, 0);
      reading.await();
      Thread.currentThread().interrupt();
      assertThrows(IllegalStateException.class, () -> batches.take(order, 3, 1, 0));
      assertTrue(Thread.interrupted(), "the interrupt is kept");
      Thread.currentThread().interrupt();
      assertThrows(IllegalStateException.class, () -> batches.take(order, 4, 2, 0));
      assertTrue(Thread.interrupted(), "the interrupt is kept");
      goOn.countDown();
      assertHolds(batches.take(order, 2, 4, 0), order, 2, 4, 0);
    }
  }

  @Test
  void closingEndsTheThreads() throws Exception {
    int[] order = IntStream.range(0, 8).toArray();
    Thread[] reader = new Thread[1];
    CountDownLatch read = new CountDownLatch(1);
    PixelSource source =
        (index, into, offset) -> {
          reader[0] = Thread.currentThread();
          read.countDown();
        };
    PixelBatches batches = batches(source, 1);
    batches.announce(order, 0, 1, 0);
    read.await();
    batches.close();
    reader[0].join();
  }
}
