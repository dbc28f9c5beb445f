package io.attune.device.cuda;

import io.attune.device.Recording;
import java.util.function.Consumer;

/**
 * A CUDA graph of work on one stream. The first run does the work as it is, so that scratch memory
 * and tables have their sizes; the second captures it; from then on one launch does it all.
 */
final class CudaRecording implements Recording {
  private final CudaContext context;
  private final Runnable work;
  private final boolean captures;
  private final Consumer<CudaRecording> whenClosed;
  private boolean ran;
  private boolean closed;
  private CudaDriver.Graph graph;
  private IndexCheck[] checks;

  /**
   * @param captures false to do the work anew each time
   * @param whenClosed told once
   */
  CudaRecording(
      CudaContext context, Runnable work, boolean captures, Consumer<CudaRecording> whenClosed) {
    this.context = context;
    this.work = work;
    this.captures = captures;
    this.whenClosed = whenClosed;
  }

  @Override
  public void run() {
    if (closed) {
      throw new IllegalStateException("a closed recording was run");
    }
    if (!captures || !ran || context.isCapturing()) {
      work.run();
      ran = true;
      return;
    }
    context.enter();
    if (graph == null) {
      graph = capture();
      checks = context.noted();
    } else {
      for (IndexCheck check : checks) {
        check.run();
      }
    }
    context.driver().launch(graph, context.stream());
  }

  private CudaDriver.Graph capture() {
    context.beginCapture();
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      try {
        context.driver().destroyGraph(context.endCapture());
      } catch (CudaException broken) {
        e.addSuppressed(broken);
      }
      throw e;
    }
    return context.endCapture();
  }

  /** Whether a graph is being replayed. */
  boolean isCaptured() {
    return graph != null;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (graph != null) {
      context.refuseCapture("close a recording");
      context.enter();
      context.driver().synchronize(context.stream());
      context.driver().destroyGraph(graph);
      graph = null;
    }
    whenClosed.accept(this);
  }
}
