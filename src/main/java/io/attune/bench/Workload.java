package io.attune.bench;

/** A step of a model that can be done again and again on the same tensors. */
interface Workload extends AutoCloseable {
  /**
   * Does it once.
   *
   * @param replay as a recording, where the device can; else queued anew
   */
  void step(boolean replay);

  /** Bytes of what it allocated beside the weights. */
  long bytes();

  @Override
  void close();
}
