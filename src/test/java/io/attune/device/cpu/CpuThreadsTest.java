package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
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

  @Test
  void aClosedPoolTakesNoMoreWork() {
    CpuThreads threads = new CpuThreads(3);
    threads.close();
    assertThrows(IllegalStateException.class, () -> threads.run(3, index -> {}));
  }
}
