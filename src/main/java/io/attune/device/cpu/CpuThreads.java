package io.attune.device.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of a CPU device. Work is cut into numbered tasks whose number depends on the shapes
 * alone, never on the number of threads, so that sums come out the same on any machine.
 *
 * <p>The caller works too. Each thread has its share of a round, a run of neighbouring tasks, so
 * that round after round it meets rows that its own cache may still hold; who has done his share
 * takes from the others'. A round allocates nothing. Threads without work spin for some
 * microseconds, which is what lies between the operations of a model, then park; where they are
 * more than processors they park at once. One caller at a time; a task cannot start a round, since
 * the operations keep their operands where the round in progress reads them.
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

  /** Waking a parked thread takes about as long. */
  private static final long SPIN_NANOSECONDS = 50_000;

  private static final int SPINS_BETWEEN_LOOKS_AT_THE_CLOCK = 32;
  private static final long REMAINING = 0xFFFFFFFFL;

  /** Longs between the words of two threads: two cache lines, since those are fetched in pairs. */
  private static final int SPACING = 16;

  private final int threads;
  private final long spinNanoseconds;
  private final Worker[] workers;

  /** For each thread: round in the high half, tasks of its share not yet taken in the low half. */
  private final AtomicLongArray shares;

  /** Tasks of this round that workers have finished. */
  private final AtomicInteger finished = new AtomicInteger();

  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private Task task;
  private ScratchTask scratchTask;
  private int tasks;
  private int rounds;
  private boolean running;
  private volatile Thread waitingCaller;
  private volatile boolean closed;

  CpuThreads(int threads) {
    this.threads = threads;
    this.spinNanoseconds =
        threads <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOSECONDS : 0;
    this.shares = new AtomicLongArray((threads + 1) * SPACING);
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
    rounds++;
    int sharing = sharing(count);
    for (int thread = 0; thread < sharing; thread++) {
      int share = firstTask(thread + 1, count) - firstTask(thread, count);
      shares.set(word(thread), (long) rounds << 32 | share);
    }
    for (int i = 0; i < sharing - 1; i++) {
      workers[i].wake();
    }
    awaitWorkers(count - work(0));
    Throwable thrown = failure.get();
    if (thrown != null) {
      rethrow(thrown);
    }
  }

  /** Threads that have a share of so many tasks. */
  private int sharing(int count) {
    return Math.min(threads, count);
  }

  private int firstTask(int thread, int count) {
    return (int) ((long) count * thread / sharing(count));
  }

  private static int word(int thread) {
    return (thread + 1) * SPACING;
  }

  private void awaitWorkers(int theirs) {
    if (finished.get() == theirs) {
      return;
    }
    long start = System.nanoTime();
    do {
      for (int spin = 0; spin < SPINS_BETWEEN_LOOKS_AT_THE_CLOCK; spin++) {
        if (finished.get() == theirs) {
          return;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() - start < spinNanoseconds);
    waitingCaller = Thread.currentThread();
    while (finished.get() != theirs) {
      LockSupport.park(this);
      // A pending interrupt would make every park return at once.
      if (Thread.currentThread().isInterrupted()) {
        Thread.yield();
      }
    }
    waitingCaller = null;
  }

  /** Does the thread's share, then what is left of the others'; returns how many tasks it did. */
  private int work(int thread) {
    int done = 0;
    int from = thread;
    do {
      while (takeOne(from, thread)) {
        done++;
      }
      from = from + 1 < threads ? from + 1 : 0;
    } while (from != thread);
    return done;
  }

  /**
   * Takes a task of a share and runs it; false if none is left there. Taking it by comparing and
   * setting the whole word means that its round was still open: {@link #task} and {@link #tasks},
   * read before, belong to that round, which cannot end before this task has been counted.
   */
  private boolean takeOne(int owner, int thread) {
    while (true) {
      long seen = shares.get(word(owner));
      int remaining = (int) (seen & REMAINING);
      if (remaining == 0) {
        return false;
      }
      Task plain = task;
      ScratchTask withScratch = scratchTask;
      int count = tasks;
      if (!shares.compareAndSet(word(owner), seen, seen - 1)) {
        continue;
      }
      int index = firstTask(owner + 1, count) - remaining;
      try {
        if (plain != null) {
          plain.run(index);
        } else {
          withScratch.run(index, thread);
        }
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
      }
      return true;
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

    /** The round in which this thread last went to work. */
    private long round;

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
      while (awaitRound()) {
        round = currentRound();
        int done = work(number);
        if (done > 0) {
          finished.addAndGet(done);
          LockSupport.unpark(waitingCaller);
        }
      }
    }

    private long currentRound() {
      return shares.get(word(number)) >>> 32;
    }

    /** Waits for a share of a new round, be it taken by others already; false once closed. */
    private boolean awaitRound() {
      long start = System.nanoTime();
      do {
        for (int spin = 0; spin < SPINS_BETWEEN_LOOKS_AT_THE_CLOCK; spin++) {
          if (closed || currentRound() != round) {
            return !closed;
          }
          Thread.onSpinWait();
        }
      } while (System.nanoTime() - start < spinNanoseconds);
      parked = true;
      // Looks once more after raising the flag: a caller that did not see it has set the word.
      while (currentRound() == round && !closed) {
        LockSupport.park(CpuThreads.this);
      }
      parked = false;
      return !closed;
    }
  }
}
