package io.attune.device.cuda;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What {@link EmulatedDriver} makes and gets back; addresses are mere numbers. */
final class EmulatedHandles {
  private EmulatedHandles() {}

  private abstract static class Numbered implements CudaDriver.Handle {
    private final long address;

    Numbered(AtomicLong numbers) {
      address = numbers.incrementAndGet();
    }

    @Override
    public long address() {
      return address;
    }
  }

  static final class Family extends Numbered implements CudaDriver.Module {
    final String name;

    Family(AtomicLong numbers, String name) {
      super(numbers);
      this.name = name;
    }
  }

  static final class Function extends Numbered implements CudaDriver.Function {
    final EmulatedLibrary.Kernel kernel;
    int sharedLimit;

    Function(AtomicLong numbers, EmulatedLibrary.Kernel kernel, int sharedLimit) {
      super(numbers);
      this.kernel = kernel;
      this.sharedLimit = sharedLimit;
    }
  }

  static final class Queue extends Numbered implements CudaDriver.Stream {
    /** What was queued and is not done yet, first to last. */
    final ArrayDeque<Step> pending = new ArrayDeque<>();

    /** What this stream's work goes into while that is being recorded; null: none. */
    Recording recording;

    Queue(AtomicLong numbers) {
      super(numbers);
    }
  }

  /** What a stream does next. */
  sealed interface Step {}

  record Work(Runnable body) implements Step {}

  /** The event happens, for the turn-th time that it was recorded. */
  record Happen(Mark event, long turn) implements Step {}

  /** Nothing goes on until then; the event was recorded in the queue {@code of}. */
  record Await(Mark event, long turn, Queue of) implements Step {}

  static final class Mark extends Numbered implements CudaDriver.Event {
    /** How often it was recorded, where last, and up to which of these times it has happened. */
    long turns;

    Queue queue;
    long happened;
    long nanoseconds;

    /** What it was recorded into, if it was recorded while its stream was captured. */
    Recording recording;

    Mark(AtomicLong numbers) {
      super(numbers);
    }
  }

  /** Work in its order, with native memory for its arguments. */
  static final class Recording extends Numbered implements CudaDriver.Graph {
    final List<Runnable> work = new ArrayList<>();
    final Arena memory = Arena.ofShared();
    final Queue origin;

    Recording(AtomicLong numbers, Queue origin) {
      super(numbers);
      this.origin = origin;
    }
  }
}
