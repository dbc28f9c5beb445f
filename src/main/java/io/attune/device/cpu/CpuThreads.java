package io.attune.device.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of a CPU device. Work is cut into numbered tasks whose number depends on the shapes
 * alone, never on the number of threads, so that sums come out the same on any machine.
 *
 * <p>The caller works too. A round of tasks allocates nothing: a ticket holds the round's number
 * and how many tasks are still to be taken, and is counted down by whoever takes one. Threads
 * without work spin for some microseconds, then park. One caller at a time; a task cannot start a
 * round, since the operations keep their operands where the round in progress reads them.
 */
final class CpuThreads implements AutoCloseable {
  /** One numbered piece of work; pieces write to different places. */
  interface Task {
    void run(int index);
  }

  /** A piece of work that uses scratch memory of its thread, numbered 0 to {@link #count()} - 1. */
  interface ScratchTask {
    void run(int index, int thread);
  }

  private static final int SPINS = 2000;
  private static final long REMAINING = 0xFFFFFFFFL;

  private final int threads;
  private final Worker[] workers;

  /** Round in the high half, tasks not yet taken in the low half. */
  private final AtomicLong ticket = new AtomicLong();

  /** Tasks of this round that have finished. */
  private final AtomicInteger finished = new AtomicInteger();

  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private Task task;
  private ScratchTask scratchTask;
  private int tasks;
  private boolean running;
  private volatile Thread waitingCaller;
  private volatile boolean closed;

  CpuThreads(int threads) {
    this.threads = threads;
    this.workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  int count() {
    return threads;
  }

  /** Runs task 0..tasks-1, each once, and returns when all are done; rethrows a failure. */
  void run(int tasks, Task task) {
    begin();
    try {
      if (workers.length == 0 || tasks <= 1) {
        for (int i = 0; i < tasks; i++) {
          task.run(i);
        }
        return;
      }
      this.task = task;
      this.scratchTask = null;
      runRound(tasks);
    } finally {
      running = false;
    }
  }

  /** As {@link #run}, and tells each task which thread it is on. */
  void runWithScratch(int tasks, ScratchTask task) {
    begin();
    try {
      if (workers.length == 0 || tasks <= 1) {
        for (int i = 0; i < tasks; i++) {
          task.run(i, 0);
        }
        return;
      }
      this.task = null;
      this.scratchTask = task;
      runRound(tasks);
    } finally {
      running = false;
    }
  }

  private void begin() {
    if (running) {
      throw new IllegalStateException(
          "the cpu device is at work: it serves one caller at a time, and no task can call it");
    }
    running = true;
  }

  private void runRound(int count) {
    if (closed) {
      throw new IllegalStateException("the cpu device is closed");
    }
    tasks = count;
    finished.set(0);
    failure.set(null);
    long round = (ticket.get() >>> 32) + 1;
    ticket.set(round << 32 | count);
    int helpers = Math.min(workers.length, count - 1);
    for (int i = 0; i < helpers; i++) {
      workers[i].wake();
    }
    work(0);
    awaitFinish(count);
    Throwable thrown = failure.get();
    if (thrown != null) {
      rethrow(thrown);
    }
  }

  private void awaitFinish(int count) {
    for (int spin = 0; spin < SPINS; spin++) {
      if (finished.get() == count) {
        return;
      }
      Thread.onSpinWait();
    }
    waitingCaller = Thread.currentThread();
    while (finished.get() != count) {
      LockSupport.park(this);
      // A pending interrupt would make every park return at once.
      if (Thread.currentThread().isInterrupted()) {
        Thread.yield();
      }
    }
    waitingCaller = null;
  }

  /**
   * Takes tasks until none is left. Taking one by comparing and setting the whole ticket means that
   * its round was still open: {@link #task} and {@link #tasks}, read before, belong to that round,
   * which cannot end before this task has finished.
   */
  private void work(int thread) {
    while (true) {
      long seen = ticket.get();
      long remaining = seen & REMAINING;
      if (remaining == 0) {
        return;
      }
      Task plain = task;
      ScratchTask withScratch = scratchTask;
      int count = tasks;
      if (!ticket.compareAndSet(seen, seen - 1)) {
        continue;
      }
      int index = (int) (count - remaining);
      try {
        if (plain != null) {
          plain.run(index);
        } else {
          withScratch.run(index, thread);
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
      } finally {
        if (finished.incrementAndGet() == count) {
          LockSupport.unpark(waitingCaller);
        }
      }
    }
  }

  private static void rethrow(Throwable thrown) {
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
    for (Worker worker : workers) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean parked;

    Worker(int number) {
      super("attune-cpu-" + number);
      this.number = number;
      setDaemon(true);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      while (!closed) {
        work(number);
        if (!seesWorkSoon()) {
          parked = true;
          // Looks once more after raising the flag: a caller that did not see it has set the
          // ticket.
          if ((ticket.get() & REMAINING) == 0 && !closed) {
            LockSupport.park(CpuThreads.this);
          }
          parked = false;
        }
      }
    }

    private boolean seesWorkSoon() {
      for (int spin = 0; spin < SPINS; spin++) {
        if ((ticket.get() & REMAINING) != 0 || closed) {
          return true;
        }
        Thread.onSpinWait();
      }
      return false;
    }
  }
}
