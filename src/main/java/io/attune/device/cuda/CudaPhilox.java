package io.attune.device.cuda;

import io.attune.device.PhiloxKey;
import io.attune.device.op.PhiloxOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** kernels/philox.cu: a thread for each block of four draws. */
final class CudaPhilox implements PhiloxOps {
  private static final int DRAWS = 4;
  private static final int THREADS = 256;

  private final CudaKernel uniform;
  private final CudaKernel normal;

  CudaPhilox(CudaContext context) {
    uniform = context.kernel("philox", "philox_uniform_f32");
    normal = context.kernel("philox", "philox_normal_f32");
  }

  @Override
  public void uniform(PhiloxKey key, long first, float low, float high, Tensor target) {
    draw(uniform, key, first, low, high - low, target);
  }

  @Override
  public void normal(PhiloxKey key, long first, float mean, float deviation, Tensor target) {
    draw(normal, key, first, mean, deviation, target);
  }

  private static void draw(
      CudaKernel kernel, PhiloxKey key, long first, float base, float scale, Tensor target) {
    Shapes.contiguous(target);
    CudaBuffer.floats(target);
    if (target.size() == 0) {
      return;
    }
    long blocks = Math.ceilDiv((first & (DRAWS - 1)) + target.size(), DRAWS);
    kernel
        .tensor(target)
        .number(target.size())
        .number(first)
        .integer((int) key.seed())
        .integer((int) (key.seed() >>> 32))
        .integer(key.stream())
        .integer(key.step())
        .real(base)
        .real(scale)
        .launch(Math.toIntExact(Math.ceilDiv(blocks, THREADS)), THREADS);
  }
}
