package io.attune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Pixels of one batch after another. Threads of its own read the batch that was announced while the
 * caller computes on the one it took; what they have left when it is taken, all processors read. An
 * announcement decides nothing but the time at which images are read: what is taken is always what
 * was asked for. Two buffers of a batch are all that is held, and a step makes no garbage.
 */
final class PixelBatches implements AutoCloseable {
  private final PixelSource source;
  private final int imageLength;
  private final int[] wanted;
  private final int threads;
  private final LongSupplier clock;
  private final List<Thread> readers = new ArrayList<>();
  private float[] taken;
  private float[] coming;

  /** Images of the batch that is read into {@link #coming}; 0 for none. */
  private int count;

  private int claimed;
  private int done;
  private int failedAt;
  private Throwable failure;
  private boolean closed;
  private long waited;

  /**
   * @param imageLength numbers of an image
   * @param batch most images of a batch
   */
  PixelBatches(PixelSource source, int imageLength, int batch) {
    // The other processors are left to the caller's own work.
    this(
        source,
        imageLength,
        batch,
        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
        System::nanoTime);
  }

  /**
   * @param threads that read what is announced
   * @param clock nanoseconds
   */
  PixelBatches(PixelSource source, int imageLength, int batch, int threads, LongSupplier clock) {
    this.source = source;
    this.imageLength = imageLength;
    this.threads = threads;
    this.clock = clock;
    wanted = new int[batch];
    taken = new float[Math.multiplyExact(batch, imageLength)];
    coming = new float[taken.length];
  }

  /** Bytes of the buffers for batches of so many images. */
  static long bytes(int batch, int imageLength) {
    return 2L * Float.BYTES * batch * imageLength;
  }

  /**
   * The pixels of images {@code order[from..]} plus {@code shift}, [images, image], valid until the
   * next batch is taken.
   *
   * @throws io.attune.InputException or what else reading the first unreadable image threw
   * @throws IllegalStateException if interrupted while it waits
   */
  float[] take(int[] order, int from, int images, int shift) {
    long begin = clock.getAsLong();
    try {
      if (!isComing(order, from, images, shift)) {
        drop();
        start(order, from, images, shift);
      }
      int left = left();
      if (left > 1) {
        IntStream.range(0, Math.min(left, Runtime.getRuntime().availableProcessors()))
            .parallel()
            .forEach(helper -> readAll());
      } else if (left == 1) {
        readAll();
      }
      return finish();
    } finally {
      waited += clock.getAsLong() - begin;
    }
  }

  /** Has a batch read in the background; one that is not taken next is read in vain. */
  void announce(int[] order, int from, int images, int shift) {
    if (images == 0 || isComing(order, from, images, shift)) {
      return;
    }
    drop();
    while (readers.size() < threads) {
      Thread reader =
          Thread.ofPlatform()
              .daemon()
              .name("attune-pixels-" + readers.size())
              .start(this::readInBackground);
      readers.add(reader);
    }
    start(order, from, images, shift);
  }

  /** Nanoseconds that callers of {@link #take} have waited altogether. */
  long waitedNanoseconds() {
    return waited;
  }

  /** Stops the threads; the image that each is reading is finished, and dropped. */
  @Override
  public synchronized void close() {
    closed = true;
    count = claimed;
    notifyAll();
  }

  private synchronized boolean isComing(int[] order, int from, int images, int shift) {
    if (count != images) {
      return false;
    }
    for (int b = 0; b < images; b++) {
      if (wanted[b] != order[from + b] + shift) {
        return false;
      }
    }
    return true;
  }

  private synchronized void start(int[] order, int from, int images, int shift) {
    for (int b = 0; b < images; b++) {
      wanted[b] = order[from + b] + shift;
    }
    claimed = 0;
    done = 0;
    failedAt = images;
    failure = null;
    count = images;
    notifyAll();
  }

  /** Forgets what is coming, once nobody writes into its buffer any more. */
  private synchronized void drop() {
    count = claimed;
    awaitDone(count);
    count = 0;
    claimed = 0;
    done = 0;
  }

  private synchronized int left() {
    return count - claimed;
  }

  private synchronized float[] finish() {
    awaitDone(count);
    Throwable thrown = failure;
    count = 0;
    claimed = 0;
    done = 0;
    failure = null;
    float[] free = taken;
    taken = coming;
    coming = free;
    switch (thrown) {
      case null -> {
        return taken;
      }
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      default -> throw new IllegalStateException(thrown);
    }
  }

  private synchronized void awaitDone(int images) {
    while (done < images) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while reading images", e);
      }
    }
  }

  private void readAll() {
    for (int b = claim(); b >= 0; b = claim()) {
      read(b);
    }
  }

  private void readInBackground() {
    for (int b = awaitClaim(); b >= 0; b = awaitClaim()) {
      read(b);
    }
  }

  private synchronized int claim() {
    return claimed < count ? claimed++ : -1;
  }

  /** Negative once closed. */
  private synchronized int awaitClaim() {
    while (!closed && claimed == count) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody else knows these threads.
        return -1;
      }
    }
    return closed ? -1 : claimed++;
  }

  private void read(int b) {
    Throwable thrown = null;
    try {
      source.read(wanted[b], coming, b * imageLength);
    } catch (RuntimeException | Error e) {
      thrown = e;
    }
    done(b, thrown);
  }

  private synchronized void done(int b, Throwable thrown) {
    if (thrown != null && b < failedAt) {
      failedAt = b;
      failure = thrown;
    }
    done++;
    notifyAll();
  }
}
