package io.attune.device.cuda;

import io.attune.device.Recording;

/**
 * A CUDA graph of work on one stream. The first run does the work as it is, so that scratch memory
 * and tables have their sizes; the second captures it; from then on one launch does it all.
 */
final class CudaRecording implements Recording {
  private final CudaContext context;
  private final Runnable work;
  private final boolean captures;
  private boolean ran;
  private CudaDriver.Graph graph;

  /**
   * @param captures false to do the work anew each time
   */
  CudaRecording(CudaContext context, Runnable work, boolean captures) {
    this.context = context;
    this.work = work;
    this.captures = captures;
  }

  @Override
  public void run() {
    if (!captures || !ran || context.isCapturing()) {
      work.run();
      ran = true;
      return;
    }
    context.enter();
    if (graph == null) {
      graph = capture();
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
    if (graph != null) {
      context.enter();
      context.driver().synchronize(context.stream());
      context.driver().destroyGraph(graph);
      graph = null;
      ran = false;
    }
  }
}
