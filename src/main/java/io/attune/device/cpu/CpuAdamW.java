package io.attune.device.cpu;

import io.attune.device.op.AdamWOps;
import io.attune.device.op.AdamWSlot;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/**
 * AdamW over all slots in one parallel call, in the order of torch's single-tensor loop, in f32.
 */
final class CpuAdamW implements AdamWOps {
  /**
   * Elements of a step that are worth vectors: with fewer, C2 would come to vector code after
   * hundreds of steps, and until then every vector is boxed. Either way gives the same bits.
   */
  private static final int FEW = 2 * CpuSpans.CHUNK;

  /**
   * The numbers of one step, and the slots they are for; set before every step, since a new object
   * would be garbage in each.
   */
  static final class Step implements CpuThreads.Task {
    private final CpuChunks chunks = new CpuChunks();
    private AdamWSlot[] slots;
    private boolean vectors;

    /** {@code 1 - lr weightDecay} */
    float keep;

    /** {@code lr/(1 - beta1^t)} */
    float rate;

    /** {@code 1/sqrt(1 - beta2^t)} */
    float root;

    /** {@code 1 - beta1} */
    float gain1;

    /** beta2 */
    float decay2;

    /** {@code 1 - beta2} */
    float gain2;

    float epsilon;

    @Override
    public void run(int task) {
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
          this);
    }
  }

  private final CpuThreads threads;
  private final Step step = new Step();

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
    CpuChunks chunks = step.chunks;
    chunks.begin(slots.length);
    long elements = 0;
    for (AdamWSlot slot : slots) {
      check(slot.parameter(), slot.parameter());
      check(slot.gradient(), slot.parameter());
      check(slot.firstMoment(), slot.parameter());
      check(slot.secondMoment(), slot.parameter());
      if (slot.compute() != null) {
        throw new IllegalArgumentException(
            slot.compute() + " cannot be kept on the cpu, which computes in F32 only");
      }
      chunks.add(slot.parameter());
      elements += slot.parameter().size();
    }
    step.slots = slots;
    step.vectors = VectorWidth.BITS > 0 && elements > FEW;
    step.keep = (float) (1 - learningRate * weightDecay);
    step.rate = (float) (learningRate / (1 - Math.pow(beta1, t)));
    step.root = (float) (1 / Math.sqrt(1 - Math.pow(beta2, t)));
    step.gain1 = (float) (1 - beta1);
    step.decay2 = (float) beta2;
    step.gain2 = (float) (1 - beta2);
    step.epsilon = (float) epsilon;
    threads.run(chunks.total(), step);
    step.slots = null;
  }

  private static void check(Tensor tensor, Tensor parameter) {
    Shapes.same(tensor, parameter);
    Shapes.contiguous(tensor);
    CpuBuffer.floats(tensor);
  }

  /** One number at a time up to a cache line, whole vectors, and the rest. */
  private static void update(
      float[] p, int pi, float[] g, int gi, float[] m, int mi, float[] v, int vi, int n, Step c) {
    if (!c.vectors) {
      updateEach(p, pi, g, gi, m, mi, v, vi, 0, n, c);
      return;
    }
    int head = Math.min(n, CpuSpans.toLine(p, pi));
    updateEach(p, pi, g, gi, m, mi, v, vi, 0, head, c);
    int end =
        head
            + VectorAdamW.update(
                p, pi + head, g, gi + head, m, mi + head, v, vi + head, n - head, c);
    updateEach(p, pi, g, gi, m, mi, v, vi, end, n, c);
  }

  private static void updateEach(
      float[] p,
      int pi,
      float[] g,
      int gi,
      float[] m,
      int mi,
      float[] v,
      int vi,
      int begin,
      int end,
      Step c) {
    for (int i = begin; i < end; i++) {
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
