package io.attune.bench.jmh.peer;

import io.attune.bench.jmh.Contestant;
import java.lang.management.ManagementFactory;
import java.util.concurrent.ForkJoinPool;

/** Work in parallel streams, on a pool of so many threads, with its results in plain arrays. */
public final class OnPool implements Contestant {
  private final ForkJoinPool pool;
  private final Runnable work;
  private final float[][] outputs;
  private long processorNanoseconds;

  public OnPool(int threads, Runnable work, float[]... outputs) {
    this.pool = new ForkJoinPool(threads);
    this.work = work;
    this.outputs = outputs;
  }

  @Override
  public void run() throws Exception {
    processorNanoseconds += pool.submit(this::measured).get();
  }

  private long measured() {
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    work.run();
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
  }

  /** Of the pool's thread, where it is one. */
  @Override
  public long processorNanoseconds() {
    return processorNanoseconds;
  }

  @Override
  public float[][] outputs() {
    return outputs;
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
