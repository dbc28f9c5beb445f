package io.attune.bench;

import io.attune.device.cuda.CudaClock;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;

/**
 * What this card can do in this run, which floors are made of.
 *
 * @param copyBytes read and written a second by the driver's copy
 * @param productOperations a second of a large square product in this precision
 */
record Rates(double copyBytes, double productOperations) {
  private static final int REPETITIONS = 11;

  /** The driver's copy between buffers far larger than the cache. */
  static double copy(Inputs inputs, CudaClock clock, Sizes sizes) {
    Tensor from = inputs.floats(sizes.copyElements());
    Tensor to = inputs.floats(sizes.copyElements());
    double[] times = clock.milliseconds(3, REPETITIONS, i -> clock.copy(from, to));
    return 8.0 * sizes.copyElements() / (times[REPETITIONS / 2] * 1e-3);
  }

  /** A square product of operands of the device's precision; two sets take turns. */
  static double product(Inputs inputs, CudaClock clock, Sizes sizes) {
    int side = sizes.productSide();
    Tensor[] a = {inputs.operand(side, side), inputs.operand(side, side)};
    Tensor[] b = {inputs.operand(side, side), inputs.operand(side, side)};
    Tensor c = inputs.operand(side, side);
    double[] times =
        clock.milliseconds(
            3,
            REPETITIONS,
            i ->
                inputs
                    .device()
                    .gemm()
                    .multiply(false, a[i % 2], true, b[i % 2], 1, 0, c, Epilogue.NONE));
    return 2.0 * side * side * side / (times[REPETITIONS / 2] * 1e-3);
  }

  /** Microseconds below which nothing that moves and computes this much can stay. */
  double floorMicroseconds(double bytes, double operations) {
    return Math.max(bytes / copyBytes, operations / productOperations) * 1e6;
  }

  boolean memoryBound(double bytes, double operations) {
    return bytes / copyBytes >= operations / productOperations;
  }
}
