package io.attune.device.cpu;

import io.attune.device.op.AdamWOps;
import io.attune.device.op.AdamWSlot;
import io.attune.tensor.Tensor;

/**
 * AdamW over all slots in one parallel call, in the order of torch's single-tensor loop, in f32.
 */
final class CpuAdamW implements AdamWOps {
  /**
   * The numbers of one step.
   *
   * @param keep {@code 1 - lr weightDecay}
   * @param rate {@code lr/(1 - beta1^t)}
   * @param root {@code 1/sqrt(1 - beta2^t)}
   * @param gain1 {@code 1 - beta1}
   * @param decay2 beta2
   * @param gain2 {@code 1 - beta2}
   */
  record Coefficients(
      float keep, float rate, float root, float gain1, float decay2, float gain2, float epsilon) {}

  private final CpuThreads threads;
  private final CpuChunks chunks = new CpuChunks();

  CpuAdamW(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void step(
      AdamWSlot[] slots,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long t) {
    if (t < 1) {
      throw new IllegalArgumentException("the first step of AdamW is 1, not " + t);
    }
    chunks.begin(slots.length);
    for (AdamWSlot slot : slots) {
      check(slot.parameter(), slot.parameter());
      check(slot.gradient(), slot.parameter());
      check(slot.firstMoment(), slot.parameter());
      check(slot.secondMoment(), slot.parameter());
      chunks.add(slot.parameter());
    }
    Coefficients coefficients =
        new Coefficients(
            (float) (1 - learningRate * weightDecay),
            (float) (learningRate / (1 - Math.pow(beta1, t))),
            (float) (1 / Math.sqrt(1 - Math.pow(beta2, t))),
            (float) (1 - beta1),
            (float) beta2,
            (float) (1 - beta2),
            (float) epsilon);
    threads.run(
        chunks.total(),
        task -> {
          int owner = chunks.owner(task);
          AdamWSlot slot = slots[owner];
          int begin = chunks.within(task, owner) * CpuSpans.CHUNK;
          int n = Math.min(CpuSpans.CHUNK, (int) slot.parameter().size() - begin);
          update(
              CpuBuffer.floats(slot.parameter()),
              CpuBuffer.offset(slot.parameter()) + begin,
              CpuBuffer.floats(slot.gradient()),
              CpuBuffer.offset(slot.gradient()) + begin,
              CpuBuffer.floats(slot.firstMoment()),
              CpuBuffer.offset(slot.firstMoment()) + begin,
              CpuBuffer.floats(slot.secondMoment()),
              CpuBuffer.offset(slot.secondMoment()) + begin,
              n,
              coefficients);
        });
  }

  private static void check(Tensor tensor, Tensor parameter) {
    Shapes.same(tensor, parameter);
    Shapes.contiguous(tensor);
    CpuBuffer.floats(tensor);
  }

  private static void update(
      float[] p,
      int pi,
      float[] g,
      int gi,
      float[] m,
      int mi,
      float[] v,
      int vi,
      int n,
      Coefficients c) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorAdamW.update(p, pi, g, gi, m, mi, v, vi, n, c);
    for (; i < n; i++) {
      float gradient = g[gi + i];
      float first = m[mi + i] + c.gain1 * (gradient - m[mi + i]);
      float second = c.decay2 * v[vi + i] + c.gain2 * gradient * gradient;
      m[mi + i] = first;
      v[vi + i] = second;
      float denominator = (float) Math.sqrt(second) * c.root + c.epsilon;
      p[pi + i] = c.keep * p[pi + i] - c.rate * first / denominator;
    }
  }
}
