package io.attune.device.cpu;

import io.attune.device.op.AttentionOps;
import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;

/**
 * Attention on the CPU: one task a head and sequence, each wholly on one thread, so that sums do
 * not depend on the number of threads. A call allocates nothing once scratch memory has its size.
 */
final class CpuAttention implements AttentionOps {
  private final CpuThreads threads;
  private final AttentionForward[] forwards;
  private final AttentionBackward[] backwards;
  private final CpuThreads.ScratchTask forwardTask = this::forwardHead;
  private final CpuThreads.ScratchTask backwardTask = this::backwardHead;

  private AttentionShape shape;
  private Tensor q;
  private Tensor k;
  private Tensor v;
  private Tensor out;
  private Tensor logSumExp;
  private Tensor dout;
  private Tensor delta;
  private Tensor dq;
  private Tensor dk;
  private Tensor dv;

  CpuAttention(CpuThreads threads) {
    this.threads = threads;
    this.forwards = new AttentionForward[threads.count()];
    this.backwards = new AttentionBackward[threads.count()];
    for (int i = 0; i < threads.count(); i++) {
      forwards[i] = new AttentionForward();
      backwards[i] = new AttentionBackward();
    }
  }

  @Override
  public void forward(
      AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    shape.requireOperands(q, k, v, out);
    shape.requireStatistics(logSumExp);
    set(shape, q, k, v, out, logSumExp);
    threads.runWithScratch(shape.batch() * shape.heads(), forwardTask);
  }

  @Override
  public void backward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp,
      Tensor dout,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    shape.requireOperands(q, k, v, out);
    shape.requireOperands(dq, dk, dv, dout);
    shape.requireStatistics(logSumExp);
    shape.requireStatistics(delta);
    set(shape, q, k, v, out, logSumExp);
    this.dout = dout;
    this.delta = delta;
    this.dq = dq;
    this.dk = dk;
    this.dv = dv;
    threads.runWithScratch(shape.batch() * shape.heads(), backwardTask);
  }

  private void set(
      AttentionShape newShape,
      Tensor newQ,
      Tensor newK,
      Tensor newV,
      Tensor newOut,
      Tensor newLogSumExp) {
    shape = newShape;
    q = newQ;
    k = newK;
    v = newV;
    out = newOut;
    logSumExp = newLogSumExp;
  }

  private void forwardHead(int task, int thread) {
    int sequence = task / shape.heads();
    int head = task % shape.heads();
    forwards[thread].run(shape, sequence, head, q, k, v, out, logSumExp);
  }

  private void backwardHead(int task, int thread) {
    int sequence = task / shape.heads();
    int head = task % shape.heads();
    backwards[thread].run(shape, sequence, head, q, k, v, out, logSumExp, dout, delta, dq, dk, dv);
  }
}
