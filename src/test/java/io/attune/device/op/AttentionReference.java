package io.attune.device.op;

/**
 * Attention and its gradients in double precision, with what bf16 kernels may differ from them by.
 *
 * <p>Such a kernel rounds P and dS to bf16 on their way into a product, a relative error of at most
 * {@code U = 2^-8} each, nearly uniform and independent, so of standard deviation {@code U / sqrt
 * 3}. A sum of terms {@code t_j} of it is then off by at most {@code U sum |t_j|}, and in practice
 * not by more than 6 standard deviations, {@code 6 U / sqrt 3 sqrt(sum t_j^2)}; the smaller of the
 * two is the bound. The result's own rounding adds {@code U |result|}. Sums in float add little:
 * scores and their exponentials are known to {@code FLOAT}, which also covers tensor cores that cut
 * the last bit off where they should round it.
 */
final class AttentionReference {
  private static final double U = 0x1p-8;
  private static final double DEVIATIONS = 6 * U / Math.sqrt(3);
  private static final double FLOAT = 1e-5;

  private final AttentionShape shape;
  private final double[] q;
  private final double[] k;
  private final double[] v;

  /** Results, and by how much a bf16 kernel may miss them. */
  record Expected(double[] values, double[] bounds) {
    private Expected(int size) {
      this(new double[size], new double[size]);
    }
  }

  AttentionReference(AttentionShape shape, double[] q, double[] k, double[] v) {
    this.shape = shape;
    this.q = q;
    this.k = k;
    this.v = v;
  }

  private int query(int sequence, int head, int i) {
    return (sequence * shape.queries() + i) * shape.width() + head * shape.headSize();
  }

  private int key(int sequence, int head, int j) {
    return (sequence * shape.keys() + j) * shape.width() + head * shape.headSize();
  }

  private int statistic(int sequence, int head, int i) {
    return (sequence * shape.heads() + head) * shape.queries() + i;
  }

  private int seen(int i) {
    return shape.causal() ? i + 1 : shape.keys();
  }

  private double dot(double[] a, int i, double[] b, int j) {
    double sum = 0;
    for (int c = 0; c < shape.headSize(); c++) {
      sum += a[i + c] * b[j + c];
    }
    return sum;
  }

  private double magnitude(double[] a, int i, double[] b, int j) {
    double sum = 0;
    for (int c = 0; c < shape.headSize(); c++) {
      sum += Math.abs(a[i + c] * b[j + c]);
    }
    return sum;
  }

  private double score(int sequence, int head, int i, int j) {
    double product = dot(q, query(sequence, head, i), k, key(sequence, head, j));
    return product / Math.sqrt(shape.headSize());
  }

  /** By how much, relatively, sums in float may miss the exponential of a score. */
  private double exponentialError(int sequence, int head, int i, int j) {
    double products = magnitude(q, query(sequence, head, i), k, key(sequence, head, j));
    return FLOAT + 1e-6 * products / Math.sqrt(shape.headSize());
  }

  /** One sequence's head after the other. */
  private interface PerHead {
    void accept(int sequence, int head);
  }

  private void forHeads(PerHead body) {
    for (int sequence = 0; sequence < shape.batch(); sequence++) {
      for (int head = 0; head < shape.heads(); head++) {
        body.accept(sequence, head);
      }
    }
  }

  /** [B, H, Tq], with the bounds of a sum in float. */
  Expected logSumExp() {
    Expected lse = new Expected(shape.batch() * shape.heads() * shape.queries());
    forHeads(
        (b, h) -> {
          for (int i = 0; i < shape.queries(); i++) {
            double max = Double.NEGATIVE_INFINITY;
            double error = 0;
            double[] scores = new double[seen(i)];
            for (int j = 0; j < scores.length; j++) {
              scores[j] = score(b, h, i, j);
              max = Math.max(max, scores[j]);
              error = Math.max(error, exponentialError(b, h, i, j));
            }
            double sum = 0;
            for (double score : scores) {
              sum += Math.exp(score - max);
            }
            int at = statistic(b, h, i);
            lse.values[at] = max + Math.log(sum);
            lse.bounds[at] = error;
          }
        });
    return lse;
  }

  /** {@code P v}, with P from the exact lse. */
  Expected out(double[] lse) {
    Weighted out = new Weighted(shape.batch() * shape.queries() * shape.width());
    forHeads(
        (b, h) -> {
          for (int i = 0; i < shape.queries(); i++) {
            for (int j = 0; j < seen(i); j++) {
              double score = score(b, h, i, j);
              double p = Math.exp(score - lse[statistic(b, h, i)]);
              double noise = p * exponentialError(b, h, i, j);
              out.add(query(b, h, i), p, noise, v, key(b, h, j));
            }
          }
        });
    return out.rounded(1);
  }

  /** [B, H, Tq]: the row sums of {@code dout * out}, with the bounds of a sum in float. */
  Expected delta(double[] out, double[] dout) {
    Expected delta = new Expected(shape.batch() * shape.heads() * shape.queries());
    forHeads(
        (b, h) -> {
          for (int i = 0; i < shape.queries(); i++) {
            int at = query(b, h, i);
            delta.values[statistic(b, h, i)] = dot(dout, at, out, at);
            delta.bounds[statistic(b, h, i)] = 1e-6 * magnitude(dout, at, out, at) + 1e-30;
          }
        });
    return delta;
  }

  /** dq, dk and dv from the device's own out and lse. */
  Expected[] gradients(double[] out, double[] lse, double[] dout) {
    Weighted dq = new Weighted(shape.batch() * shape.queries() * shape.width());
    Weighted dk = new Weighted(shape.batch() * shape.keys() * shape.width());
    Weighted dv = new Weighted(shape.batch() * shape.keys() * shape.width());
    double[] delta = delta(out, dout).values;
    forHeads(
        (b, h) -> {
          for (int i = 0; i < shape.queries(); i++) {
            int qAt = query(b, h, i);
            int row = statistic(b, h, i);
            double outMagnitude = magnitude(dout, qAt, out, qAt);
            for (int j = 0; j < seen(i); j++) {
              int kAt = key(b, h, j);
              double score = score(b, h, i, j);
              double relative = exponentialError(b, h, i, j);
              double p = Math.exp(score - lse[row]);
              double ds = p * (dot(dout, qAt, v, kAt) - delta[row]);
              double sums = 1e-6 * p * (magnitude(dout, qAt, v, kAt) + outMagnitude);
              double noise = relative * Math.abs(ds) + sums;
              dv.add(kAt, p, relative * p, dout, qAt);
              dq.add(qAt, ds, noise, k, kAt);
              dk.add(kAt, ds, noise, q, qAt);
            }
          }
        });
    double scale = 1 / Math.sqrt(shape.headSize());
    return new Expected[] {dq.rounded(scale), dk.rounded(scale), dv.rounded(1)};
  }

  /** Sums of rows with weights that are rounded to bf16, and the three sums that bound them. */
  private final class Weighted {
    private final double[] sum;
    private final double[] absolute;
    private final double[] squares;
    private final double[] noises;

    private Weighted(int size) {
      sum = new double[size];
      absolute = new double[size];
      squares = new double[size];
      noises = new double[size];
    }

    private void add(int to, double weight, double noise, double[] rows, int from) {
      for (int c = 0; c < shape.headSize(); c++) {
        double term = weight * rows[from + c];
        sum[to + c] += term;
        absolute[to + c] += Math.abs(term);
        squares[to + c] += term * term;
        noises[to + c] += noise * Math.abs(rows[from + c]);
      }
    }

    private Expected rounded(double scale) {
      Expected expected = new Expected(sum.length);
      for (int i = 0; i < sum.length; i++) {
        double weights = Math.min(U * absolute[i], DEVIATIONS * Math.sqrt(squares[i]));
        double value = scale * sum[i];
        double bound = scale * (weights + noises[i]);
        expected.values[i] = value;
        expected.bounds[i] = bound + U * (Math.abs(value) + bound) + 1e-30;
      }
      return expected;
    }
  }
}
