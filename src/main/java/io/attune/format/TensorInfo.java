package io.attune.format;

import io.attune.tensor.DType;
import io.attune.tensor.Shape;

/** What a file says about one of its tensors. */
public record TensorInfo(String name, DType dtype, Shape shape) {
  /** Number of elements. */
  public long size() {
    return shape.size();
  }

  /** Bytes that the tensor takes in the file. */
  public long bytes() {
    return Math.multiplyExact(shape.size(), dtype.bytes());
  }
}
