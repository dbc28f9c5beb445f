package io.attune.tensor;

/** A run of elements that a device allocated. Only that device can look inside. */
public interface Buffer extends AutoCloseable {
  DType dtype();

  /** Number of elements. */
  long length();

  /** Frees the memory. Views on a closed buffer must not be used again. */
  @Override
  void close();
}
