package io.attune.bench.jmh;

import java.lang.management.ManagementFactory;

/** One provider's way of doing what a {@link Contest} asks, on inputs that it holds already. */
public interface Contestant extends AutoCloseable {
  /** Does it once. */
  void run() throws Exception;

  /** Processor time spent so far: the calling thread's, unless the work is done elsewhere. */
  default long processorNanoseconds() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** What the last {@link #run} computed, the same arrays in the same order for all providers. */
  float[][] outputs() throws Exception;

  /** What the last {@link #run} tells of itself. */
  default Gauges gauges() {
    return Gauges.NONE;
  }

  @Override
  void close();
}
