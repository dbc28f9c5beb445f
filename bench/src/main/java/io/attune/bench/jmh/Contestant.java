package io.attune.bench.jmh;

/** One provider's way of doing what a {@link Contest} asks, on inputs that it holds already. */
public interface Contestant extends AutoCloseable {
  /** Does it once. */
  void run() throws Exception;

  /** What the last {@link #run} computed, the same arrays in the same order for all providers. */
  float[][] outputs() throws Exception;

  @Override
  void close();
}
