package io.attune.device.cpu;

/**
 * The threads of a CPU device. Work is cut into numbered tasks whose number depends on the shapes
 * alone, never on the number of threads, so that sums come out the same on any machine.
 */
final class CpuThreads implements AutoCloseable {
  /** One numbered piece of work; pieces write to different places. */
  interface Task {
    void run(int index);
  }

  private final int threads;
  private final java.util.concurrent.ExecutorService pool;

  CpuThreads(int threads) {
    this.threads = threads;
    this.pool =
        threads == 1
            ? null
            : java.util.concurrent.Executors.newFixedThreadPool(
                threads - 1, Thread.ofPlatform().daemon().name("attune-cpu-", 0).factory());
  }

  int count() {
    return threads;
  }

  /** Runs task 0..tasks-1, each once, and returns when all are done; rethrows a failure. */
  void run(int tasks, Task task) {
    if (pool == null || tasks <= 1) {
      for (int i = 0; i < tasks; i++) {
        task.run(i);
      }
      return;
    }
    java.util.concurrent.atomic.AtomicInteger next =
        new java.util.concurrent.atomic.AtomicInteger();
    Runnable work =
        () -> {
          for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            task.run(i);
          }
        };
    int helpers = Math.min(threads - 1, tasks - 1);
    java.util.concurrent.Future<?>[] running = new java.util.concurrent.Future<?>[helpers];
    for (int i = 0; i < helpers; i++) {
      running[i] = pool.submit(work);
    }
    work.run();
    for (java.util.concurrent.Future<?> future : running) {
      try {
        future.get();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while computing", e);
      } catch (java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdownNow();
    }
  }
}
