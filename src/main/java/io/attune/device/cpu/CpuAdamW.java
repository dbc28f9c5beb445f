package io.attune.device.cpu;

import io.attune.device.op.AdamWOps;
import io.attune.device.op.AdamWSlot;
import io.attune.tensor.Tensor;

/**
 * AdamW over all slots in one parallel call, in the order of torch's single-tensor loop, in f32.
 */
final class CpuAdamW implements AdamWOps {
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
    float keep = (float) (1 - learningRate * weightDecay);
    float rate = (float) (learningRate / (1 - Math.pow(beta1, t)));
    float root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, t)));
    float gain1 = (float) (1 - beta1);
    float decay2 = (float) beta2;
    float gain2 = (float) (1 - beta2);
    float eps = (float) epsilon;
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
              keep,
              rate,
              root,
              gain1,
              decay2,
              gain2,
              eps);
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
      float keep,
      float rate,
      float root,
      float gain1,
      float decay2,
      float gain2,
      float eps) {
    for (int i = 0; i < n; i++) {
      float gradient = g[gi + i];
      float first = m[mi + i] + gain1 * (gradient - m[mi + i]);
      float second = decay2 * v[vi + i] + gain2 * gradient * gradient;
      m[mi + i] = first;
      v[vi + i] = second;
      p[pi + i] = keep * p[pi + i] - rate * first / ((float) Math.sqrt(second) * root + eps);
    }
  }
}
