package io.attune.device.cpu;

import io.attune.device.op.AttentionOps;
import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;

/** Attention, one query row at a time. */
final class CpuAttention implements AttentionOps {
  private final CpuThreads threads;

  CpuAttention(CpuThreads threads) {
    this.threads = threads;
  }

  @Override
  public void forward(
      AttentionShape shape, Tensor q, Tensor k, Tensor v, Tensor out, Tensor logSumExp) {
    threads.run(
        shape.batch() * shape.heads(),
        task -> {
          int b = task / shape.heads();
          int h = task % shape.heads();
          int d = shape.headSize();
          float[] p = new float[shape.keys()];
          float[] vs = CpuBuffer.floats(v);
          float[] os = CpuBuffer.floats(out);
          for (int i = 0; i < shape.queries(); i++) {
            int seen = shape.causal() ? i + 1 : shape.keys();
            float max = scores(shape, q, k, b, h, i, seen, p);
            float sum = 0;
            for (int j = 0; j < seen; j++) {
              p[j] = CpuMath.exp(p[j] - max);
              sum += p[j];
            }
            int o = at(out, b * shape.queries() + i, h * d);
            java.util.Arrays.fill(os, o, o + d, 0f);
            for (int j = 0; j < seen; j++) {
              int vo = at(v, b * shape.keys() + j, h * d);
              for (int c = 0; c < d; c++) {
                os[o + c] += p[j] / sum * vs[vo + c];
              }
            }
            if (logSumExp != null) {
              CpuBuffer.floats(logSumExp)[
                      CpuBuffer.offset(logSumExp) + task * shape.queries() + i] =
                  max + (float) Math.log(sum);
            }
          }
        });
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
    threads.run(
        shape.batch() * shape.heads(),
        task -> {
          int b = task / shape.heads();
          int h = task % shape.heads();
          int d = shape.headSize();
          float[] p = new float[shape.keys()];
          zero(dk, shape, b, h);
          zero(dv, shape, b, h);
          for (int i = 0; i < shape.queries(); i++) {
            int seen = shape.causal() ? i + 1 : shape.keys();
            scores(shape, q, k, b, h, i, seen, p);
            int row = task * shape.queries() + i;
            float lse = CpuBuffer.floats(logSumExp)[CpuBuffer.offset(logSumExp) + row];
            int qo = b * shape.queries() + i;
            float dot = dot(dout, at(dout, qo, h * d), out, at(out, qo, h * d), d);
            CpuBuffer.floats(delta)[CpuBuffer.offset(delta) + row] = dot;
            if (dq != null) {
              int o = at(dq, qo, h * d);
              java.util.Arrays.fill(CpuBuffer.floats(dq), o, o + d, 0f);
            }
            for (int j = 0; j < seen; j++) {
              int ko = b * shape.keys() + j;
              float weight = CpuMath.exp(p[j] - lse);
              float dp = dot(dout, at(dout, qo, h * d), v, at(v, ko, h * d), d);
              float ds = weight * (dp - dot) * shape.scale();
              add(weight, dout, at(dout, qo, h * d), dv, ko, h * d, d);
              add(ds, k, at(k, ko, h * d), dq, qo, h * d, d);
              add(ds, q, at(q, qo, h * d), dk, ko, h * d, d);
            }
          }
        });
  }

  private static float scores(
      AttentionShape shape, Tensor q, Tensor k, int b, int h, int i, int seen, float[] p) {
    int d = shape.headSize();
    int qo = at(q, b * shape.queries() + i, h * d);
    float max = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < seen; j++) {
      p[j] = shape.scale() * dot(q, qo, k, at(k, b * shape.keys() + j, h * d), d);
      max = Math.max(max, p[j]);
    }
    return max;
  }

  private static int at(Tensor x, int row, int column) {
    return CpuBuffer.offset(x) + row * CpuBuffer.stride(x) + column;
  }

  private static float dot(Tensor x, int xo, Tensor y, int yo, int n) {
    float[] xs = CpuBuffer.floats(x);
    float[] ys = CpuBuffer.floats(y);
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += xs[xo + i] * ys[yo + i];
    }
    return sum;
  }

  private static void add(float factor, Tensor x, int xo, Tensor y, int row, int column, int n) {
    if (y == null) {
      return;
    }
    float[] xs = CpuBuffer.floats(x);
    float[] ys = CpuBuffer.floats(y);
    int yo = at(y, row, column);
    for (int i = 0; i < n; i++) {
      ys[yo + i] += factor * xs[xo + i];
    }
  }

  private static void zero(Tensor x, AttentionShape shape, int b, int h) {
    if (x == null) {
      return;
    }
    for (int j = 0; j < shape.keys(); j++) {
      int o = at(x, b * shape.keys() + j, h * shape.headSize());
      java.util.Arrays.fill(CpuBuffer.floats(x), o, o + shape.headSize(), 0f);
    }
  }
}
