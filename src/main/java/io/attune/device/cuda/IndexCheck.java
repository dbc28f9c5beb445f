package io.attune.device.cuda;

import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/**
 * Every index lies in 0..limit-1, the rows of {@code rows}. What a captured step asks is asked
 * again of each replay, since the host may have written other indices meanwhile.
 */
record IndexCheck(Tensor index, int limit, Tensor rows) {
  /**
   * Looks at what the host wrote last.
   *
   * @throws IllegalArgumentException naming the element
   */
  void run() {
    Shapes.indices(CudaBuffer.mirror(index), index, limit, rows);
  }
}
