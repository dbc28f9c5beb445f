package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CpuThreadsTest {
  @Test
  void everyTaskOfEveryRoundRunsOnce() {
    try (CpuThreads threads = new CpuThreads(5)) {
      for (int round = 0; round < 3000; round++) {
        int tasks = round % 17;
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        threads.run(tasks, runs::incrementAndGet);
        for (int i = 0; i < tasks; i++) {
          assertEquals(1, runs.get(i), "task " + i + " of round " + round);
        }
      }
    }
  }

  @Test
  void noTwoTasksShareAThreadsScratchAtOnce() {
    try (CpuThreads threads = new CpuThreads(4)) {
      AtomicIntegerArray users = new AtomicIntegerArray(4);
      for (int round = 0; round < 200; round++) {
        threads.runWithScratch(
            50,
            (index, thread) -> {
              assertEquals(1, users.incrementAndGet(thread));
              users.decrementAndGet(thread);
            });
      }
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheThreadsGoOn() {
    try (CpuThreads threads = new CpuThreads(3)) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () ->
                  threads.run(
                      9,
                      index -> {
                        if (index == 4) {
                          throw new IllegalStateException("task 4");
                        }
                      }));
      assertEquals("task 4", e.getMessage());
      int[] squares = new int[9];
      threads.run(9, index -> squares[index] = index * index);
      assertEquals(64, squares[8]);
    }
  }

  @Test
  void threadsThatHaveParkedWakeUp() throws InterruptedException {
    try (CpuThreads threads = new CpuThreads(2)) {
      for (int round = 0; round < 3; round++) {
        Thread.sleep(20);
        int[] sum = new int[2];
        threads.run(2, index -> sum[index] = index + 1);
        assertEquals(3, sum[0] + sum[1]);
      }
    }
  }

  @Test
  void aTaskCannotStartARound() {
    for (int count : new int[] {1, 3}) {
      try (CpuThreads threads = new CpuThreads(count)) {
        assertThrows(
            IllegalStateException.class,
            () -> threads.run(4, index -> threads.run(4, inner -> {})));
        int[] done = new int[4];
        threads.run(4, index -> done[index] = 1);
        assertEquals(4, Arrays.stream(done).sum());
      }
    }
  }

  /** Far more rounds than can be waited for by parking, and far smaller ones. */
  @Test
  void manyTinyRoundsOnMoreThreadsThanProcessors() {
    int count = 4 * Runtime.getRuntime().availableProcessors();
    try (CpuThreads threads = new CpuThreads(count)) {
      long[] sums = new long[count + 1];
      for (int round = 1; round <= 2000; round++) {
        int added = round;
        threads.run(sums.length, index -> sums[index] += added);
      }
      for (long sum : sums) {
        assertEquals(2000L * 2001 / 2, sum);
      }
    }
  }

  /** One thread's share lasts until the others have done theirs and the rest of its own. */
  @Test
  void whoIsDoneTakesFromTheOthers() {
    try (CpuThreads threads = new CpuThreads(2)) {
      AtomicInteger others = new AtomicInteger();
      threads.runWithScratch(
          8,
          (index, thread) -> {
            if (index == 0) {
              long start = System.nanoTime();
              while (others.get() < 7 && System.nanoTime() - start < 20_000_000_000L) {
                Thread.onSpinWait();
              }
            } else {
              others.incrementAndGet();
            }
          });
      assertEquals(7, others.get());
    }
  }

  @Test
  void everyTaskRunsThoughOthersFail() {
    try (CpuThreads threads = new CpuThreads(3)) {
      for (int round = 0; round < 200; round++) {
        AtomicIntegerArray runs = new AtomicIntegerArray(12);
        assertThrows(
            AssertionError.class,
            () ->
                threads.run(
                    12,
                    index -> {
                      runs.incrementAndGet(index);
                      throw new AssertionError("task " + index);
                    }));
        for (int i = 0; i < 12; i++) {
          assertEquals(1, runs.get(i), "task " + i + " of round " + round);
        }
      }
    }
  }

  @Test
  void anInterruptIsKeptAndDisturbsNoRound() {
    try (CpuThreads threads = new CpuThreads(2)) {
      Thread.currentThread().interrupt();
      AtomicIntegerArray runs = new AtomicIntegerArray(6);
      threads.run(
          6,
          index -> {
            long start = System.nanoTime();
            // Longer than a caller spins for the others.
            while (System.nanoTime() - start < 1_000_000) {
              Thread.onSpinWait();
            }
            runs.incrementAndGet(index);
          });
      assertTrue(Thread.interrupted());
      for (int i = 0; i < 6; i++) {
        assertEquals(1, runs.get(i));
      }
    }
  }

  @Test
  void idleThreadsEndWhenClosed() throws InterruptedException {
    Set<Thread> before = workers();
    CpuThreads threads = new CpuThreads(3);
    Set<Thread> created = workers();
    created.removeAll(before);
    assertEquals(2, created.size());
    threads.run(3, index -> {});
    Thread.sleep(20);
    threads.close();
    threads.close();
    for (Thread worker : created) {
      assertFalse(worker.isAlive(), worker.getName());
    }
  }

  private static Set<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("attune-cpu-"))
        .collect(Collectors.toSet());
  }

  @Test
  void aClosedPoolTakesNoMoreWork() {
    CpuThreads threads = new CpuThreads(3);
    threads.close();
    assertThrows(IllegalStateException.class, () -> threads.run(3, index -> {}));
  }
}
