package io.attune.device.cuda.smoke;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.attune.device.cuda.Blas;
import io.attune.device.cuda.Blas.Compute;
import io.attune.device.cuda.Blas.Matrix;
import io.attune.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How fast this card copies and multiplies: the floors that kernels are held against. */
final class Rates {
  /** Several times any card's L2 cache. */
  private static final long COPY_BYTES = 1L << 29;

  private static final int SIDE = 8192;

  private final Session session;

  Rates(Session session) {
    this.session = session;
  }

  /** Bytes read and written a second by a copy within the device. */
  void copy(SmokeReport report) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = randomBlock(arena);
      long source = session.allocateFilled(COPY_BYTES, block);
      long target = session.allocate(COPY_BYTES);
      double milliseconds =
          session.medianMilliseconds(
              i -> session.driver.copyOnDevice(target, source, COPY_BYTES, session.stream));
      report.measure("copy of 512 MiB, read + write", 2 * COPY_BYTES / milliseconds / 1e9, "TB/s");
      session.freeAll();
    }
  }

  /** Rate of a square bf16 product with f32 sums; two sets of operands take turns. */
  void product(SmokeReport report, Blas cublas) {
    long bytes = 2L * SIDE * SIDE;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = randomBlock(arena);
      Matrix[] a = new Matrix[2];
      Matrix[] b = new Matrix[2];
      for (int i = 0; i < 2; i++) {
        a[i] = new Matrix(session.allocateFilled(bytes, block), DType.BF16, SIDE);
        b[i] = new Matrix(session.allocateFilled(bytes, block), DType.BF16, SIDE);
      }
      Matrix c = new Matrix(session.allocate(bytes), DType.BF16, SIDE);
      double milliseconds =
          session.medianMilliseconds(
              i ->
                  cublas.gemm(
                      true, false, SIDE, SIDE, SIDE, 1, a[i % 2], b[i % 2], 0, c, Compute.F32));
      double operations = 2.0 * SIDE * SIDE * SIDE;
      report.measure("product BF16 8192x8192x8192", operations / milliseconds / 1e9, "TFLOP/s");
      session.freeAll();
    }
  }

  /** 32 MiB of normal bf16 values. */
  private static MemorySegment randomBlock(Arena arena) {
    short[] values = Bfloat16.bits(KernelCheck.randoms(1 << 24, 7));
    return arena.allocateFrom(JAVA_SHORT, values);
  }
}
