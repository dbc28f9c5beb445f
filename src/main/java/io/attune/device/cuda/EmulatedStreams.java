package io.attune.device.cuda;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.cuda.EmulatedHandles.Await;
import io.attune.device.cuda.EmulatedHandles.Happen;
import io.attune.device.cuda.EmulatedHandles.Mark;
import io.attune.device.cuda.EmulatedHandles.Queue;
import io.attune.device.cuda.EmulatedHandles.Recording;
import io.attune.device.cuda.EmulatedHandles.Step;
import io.attune.device.cuda.EmulatedHandles.Work;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Streams, events and captures of the emulated driver. With seed 0 work is done as soon as it is
 * queued. With any other it waits, as on a GPU, for somebody to wait for it, or for a chance that
 * the seed decides: so that a host or a stream which does not wait for what it needs meets old
 * contents. Within a stream work is done in order, and what an event holds back waits for the
 * event.
 */
final class EmulatedStreams {
  /** At every fourth call, by chance, up to so many steps of streams chosen at random are done. */
  private static final int MOST_STEPS = 3;

  private static final int CALLS_A_BURST = 4;

  private final AtomicLong numbers;
  private final Philox random;
  private final List<Queue> queues = new ArrayList<>();

  /** The recording that is being made, if any. */
  private Recording open;

  EmulatedStreams(AtomicLong numbers, long seed) {
    this.numbers = numbers;
    this.random = seed == 0 ? null : new Philox(new PhiloxKey(seed, 1, 0));
  }

  synchronized Queue create() {
    Queue queue = new Queue(numbers);
    queues.add(queue);
    return queue;
  }

  Mark createEvent() {
    return new Mark(numbers);
  }

  synchronized void destroy(Queue queue) {
    finish(queue);
    queues.remove(queue);
  }

  /** Where arguments must be copied to, since the work may be done later; null: at once. */
  synchronized Arena keeper(Queue queue) {
    Recording recording = recording(queue);
    return recording != null ? recording.memory : random == null ? null : Arena.ofAuto();
  }

  /** Queues work, or records it while the stream is captured. */
  synchronized void queue(Queue queue, Runnable work) {
    Recording recording = recording(queue);
    if (recording == null) {
      add(queue, new Work(work));
    } else {
      recording.work.add(work);
    }
  }

  /** Queues all that was recorded. */
  synchronized void queue(Queue queue, Recording graph) {
    refuseCaptured(queue, "launching a graph");
    for (Runnable work : graph.work) {
      add(queue, new Work(work));
    }
  }

  synchronized void record(Mark event, Queue queue) {
    event.recording = recording(queue);
    if (event.recording == null) {
      event.queue = queue;
      event.turns++;
      add(queue, new Happen(event, event.turns));
    }
  }

  /** Holds the stream back until the event; one that was recorded into a capture spreads it. */
  synchronized void await(Queue queue, Mark event) {
    if (event.recording != null && event.recording == open) {
      queue.recording = open;
    } else if (recording(queue) != null) {
      throw new CudaException(
          "emulated wait for an event", 905, "a captured stream waits for what is not captured");
    } else if (event.turns > 0) {
      add(queue, new Await(event, event.turns, event.queue));
    }
  }

  synchronized boolean hasHappened(Mark event) {
    refuseCaptured(event);
    progress();
    return event.happened >= event.turns;
  }

  /** Does what was queued before the event. */
  synchronized void finish(Mark event) {
    refuseCaptured(event);
    reach(event, event.turns, event.queue);
  }

  /** Does all that was queued in the stream. */
  synchronized void finish(Queue queue) {
    refuseCaptured(queue, "waiting for a stream");
    while (!queue.pending.isEmpty()) {
      advance(queue);
    }
  }

  /** Does all that was queued in any stream. */
  synchronized void finishAll() {
    for (Queue queue : queues) {
      while (!queue.pending.isEmpty()) {
        advance(queue);
      }
    }
  }

  private void add(Queue queue, Step step) {
    queue.pending.add(step);
    if (random == null) {
      advance(queue);
    } else {
      progress();
    }
  }

  /** Does a few steps that could be done now, by chance. */
  private void progress() {
    if (random == null || queues.isEmpty() || random.nextInt(CALLS_A_BURST) > 0) {
      return;
    }
    for (int left = 1 + random.nextInt(MOST_STEPS); left > 0; left--) {
      Queue chosen = queues.get(random.nextInt(queues.size()));
      Step next = chosen.pending.peek();
      boolean held = next instanceof Await wait && wait.event().happened < wait.turn();
      if (next != null && !held) {
        advance(chosen);
      }
    }
  }

  /** Does the stream's next step, and before it what that one waits for. */
  private void advance(Queue queue) {
    switch (queue.pending.poll()) {
      case Work work -> work.body().run();
      case Happen happen -> {
        happen.event().happened = happen.turn();
        happen.event().nanoseconds = System.nanoTime();
      }
      case Await wait -> reach(wait.event(), wait.turn(), wait.of());
    }
  }

  private void reach(Mark event, long turn, Queue queue) {
    while (event.happened < turn) {
      advance(queue);
    }
  }

  synchronized void beginCapture(Queue queue) {
    refuseWhileCapturing("second capture");
    open = new Recording(numbers, queue);
    queue.recording = open;
  }

  synchronized Recording endCapture(Queue queue) {
    if (open == null || open.origin != queue) {
      throw new CudaException("emulated end of a capture", 901, "the stream is not captured");
    }
    Recording made = open;
    open = null;
    return made;
  }

  /** What the stream's work goes into instead of being done; null: none. */
  private Recording recording(Queue queue) {
    return queue.recording == open ? open : null;
  }

  synchronized void refuseWhileCapturing(String what) {
    if (open != null) {
      throw new CudaException("emulated " + what, 900, "not while a stream is captured");
    }
  }

  private void refuseCaptured(Queue queue, String what) {
    if (recording(queue) != null) {
      throw new CudaException("emulated " + what, 900, "not while it is captured");
    }
  }

  private static void refuseCaptured(Mark event) {
    if (event.recording != null) {
      throw new CudaException("emulated wait for an event", 907, "it was recorded by a capture");
    }
  }
}
