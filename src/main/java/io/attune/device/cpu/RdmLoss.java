package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * The three losses between RDMs over time, summed in f64. The statistics hold 8 numbers a time (see
 * the constants), two rows of P, then the moments of all times. The first row is the mean z-scored
 * row of the model; the second that of the target, then in the backward pass the mean of the
 * model's rows weighted with the gradient of the generalisation.
 */
final class RdmLoss {
  private static final int PER_TIME = 8;
  private static final int SUMS = 8;

  // Of each time, for the model and then the target; the generalisation less its mean.
  private static final int MEAN = 0;
  private static final int DEVIATION = 2;
  private static final int GENERALIZATION = 4;

  // Of all times: means, sums of squares and of products about them; of RDMs, then generalisations.
  private static final int RDMS = 0;
  private static final int GENERALIZATIONS = 5;

  /** Columns of one task where the times are summed over. */
  private static final int COLUMNS = 256;

  private final CpuThreads threads;
  private final Moments moments = new Moments();
  private final MeanRow meanRow = new MeanRow();
  private final Generalization generalization = new Generalization();
  private final Gradient gradient = new Gradient();

  private Tensor model;
  private Tensor target;
  private Tensor dmodel;
  private float[] stats;

  /** Where the statistics of times, the two rows and those of all times begin. */
  private int atTimes;

  private int atRows;
  private int atTotals;
  private int times;
  private int pairs;

  /**
   * {@link #SUMS} of each time: of squares, of products, of squares about its means; of squared
   * errors; then means and generalisations of model and target.
   */
  private double[] sums = new double[0];

  /** Of each time: the gradient of its generalisation, or what its row is weighted with. */
  private double[] factors = new double[0];

  /** {@link #COLUMNS} for each task. */
  private double[] columnSums = new double[0];

  private double pearsonWeight;
  private double errorWeight;

  RdmLoss(CpuThreads threads) {
    this.threads = threads;
  }

  void forward(Tensor model, Tensor target, Tensor statistics, Tensor losses) {
    operands(model, target, statistics);
    moments.run(threads, times, pairs);
    double pearson = total();
    double squaredError = 0;
    for (int time = 0; time < times; time++) {
      factors[time] = 1 / (times * (double) stats[atTimes + PER_TIME * time + DEVIATION]);
      squaredError += sums[SUMS * time + 3];
    }
    meanRow.run(model, MEAN, atRows);
    for (int time = 0; time < times; time++) {
      factors[time] = 1 / (times * (double) stats[atTimes + PER_TIME * time + DEVIATION + 1]);
    }
    meanRow.run(target, MEAN + 1, atRows + pairs);
    generalization.run(threads, times, pairs);
    float[] la = CpuBuffer.floats(losses);
    int li = CpuBuffer.offset(losses);
    la[li] = (float) pearson;
    la[li + 1] = (float) (squaredError / ((double) times * pairs));
    la[li + 2] = (float) totalGeneralization();
  }

  void backward(Tensor model, Tensor target, Tensor statistics, Tensor weights, Tensor dmodel) {
    operands(model, target, statistics);
    this.dmodel = dmodel;
    float[] wa = CpuBuffer.floats(weights);
    int wi = CpuBuffer.offset(weights);
    pearsonWeight = wa[wi];
    errorWeight = wa[wi + 1] * 2 / ((double) times * pairs);
    double own = PearsonMoments.own(stats, atTotals + GENERALIZATIONS);
    double other = PearsonMoments.other(stats, atTotals + GENERALIZATIONS);
    for (int time = 0; time < times; time++) {
      int at = atTimes + PER_TIME * time;
      double g = stats[at + GENERALIZATION];
      double h = stats[at + GENERALIZATION + 1];
      gradient.generalization[time] = wa[wi + 2] * (own * g + other * h);
      factors[time] = gradient.generalization[time] / (times * (double) stats[at + DEVIATION]);
    }
    meanRow.run(model, MEAN, atRows + pairs);
    gradient.sum = CpuRows.sum(stats, atRows + pairs, pairs);
    gradient.run(threads, times, pairs);
  }

  private void operands(Tensor model, Tensor target, Tensor statistics) {
    this.model = model;
    this.target = target;
    times = model.rows();
    pairs = model.columns();
    stats = CpuBuffer.floats(statistics);
    atTimes = CpuBuffer.offset(statistics);
    atRows = atTimes + PER_TIME * times;
    atTotals = atRows + 2 * pairs;
    if (factors.length < times) {
      sums = new double[SUMS * times];
      factors = new double[times];
      gradient.generalization = new double[times];
    }
    int columns = CpuSpans.tasks(pairs, COLUMNS) * COLUMNS;
    if (columnSums.length < columns) {
      columnSums = new double[columns];
    }
  }

  /** Leaves the moments of all times together; returns 1 - r. */
  private double total() {
    double x = 0;
    double y = 0;
    for (int time = 0; time < times; time++) {
      x += sums[SUMS * time + 4] / times;
      y += sums[SUMS * time + 5] / times;
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int time = 0; time < times; time++) {
      double dx = sums[SUMS * time + 4] - x;
      double dy = sums[SUMS * time + 5] - y;
      xx += sums[SUMS * time] + pairs * dx * dx;
      xy += sums[SUMS * time + 1] + pairs * dx * dy;
      yy += sums[SUMS * time + 2] + pairs * dy * dy;
    }
    return PearsonMoments.keep(stats, atTotals + RDMS, x, y, xx, xy, yy);
  }

  /** Keeps the generalisations less their mean, which they are all close to. */
  private double totalGeneralization() {
    double x = 0;
    double y = 0;
    for (int time = 0; time < times; time++) {
      x += sums[SUMS * time + 6] / times;
      y += sums[SUMS * time + 7] / times;
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int time = 0; time < times; time++) {
      double dx = sums[SUMS * time + 6] - x;
      double dy = sums[SUMS * time + 7] - y;
      stats[atTimes + PER_TIME * time + GENERALIZATION] = (float) dx;
      stats[atTimes + PER_TIME * time + GENERALIZATION + 1] = (float) dy;
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
    }
    return PearsonMoments.keep(stats, atTotals + GENERALIZATIONS, x, y, xx, xy, yy);
  }

  private final class Moments extends RowTask {
    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(model);
      float[] ya = CpuBuffer.floats(target);
      for (int time = begin; time < end; time++) {
        int xi = CpuBuffer.row(model, time);
        int yi = CpuBuffer.row(target, time);
        int at = atTimes + PER_TIME * time;
        double x = CpuRows.sum(xa, xi, pairs) / pairs;
        double y = CpuRows.sum(ya, yi, pairs) / pairs;
        double xx = CpuRows.squaredDeviation(xa, xi, x, pairs);
        double yy = CpuRows.squaredDeviation(ya, yi, y, pairs);
        double error = CpuRows.squaredDistance(xa, xi, ya, yi, pairs);
        stats[at + MEAN] = (float) x;
        stats[at + MEAN + 1] = (float) y;
        stats[at + DEVIATION] = (float) Math.sqrt(xx / pairs);
        stats[at + DEVIATION + 1] = (float) Math.sqrt(yy / pairs);
        sums[SUMS * time] = xx;
        // (a - b)^2 = a^2 - 2 a b + b^2, for deviations a and b.
        sums[SUMS * time + 1] = (xx + yy - (error - pairs * (x - y) * (x - y))) / 2;
        sums[SUMS * time + 2] = yy;
        sums[SUMS * time + 3] = error;
        sums[SUMS * time + 4] = x;
        sums[SUMS * time + 5] = y;
      }
    }
  }

  /** A row of P: the sum over times of factor (x - mean), some columns a task. */
  private final class MeanRow implements CpuThreads.Task {
    private Tensor rdm;
    private int mean;
    private int to;

    void run(Tensor rdm, int mean, int to) {
      this.rdm = rdm;
      this.mean = mean;
      this.to = to;
      threads.run(CpuSpans.tasks(pairs, COLUMNS), this);
    }

    @Override
    public void run(int task) {
      int from = task * COLUMNS;
      int count = Math.min(COLUMNS, pairs - from);
      float[] xa = CpuBuffer.floats(rdm);
      Arrays.fill(columnSums, from, from + count, 0);
      for (int time = 0; time < times; time++) {
        int xi = CpuBuffer.row(rdm, time) + from;
        double center = stats[atTimes + PER_TIME * time + mean];
        addScaled(columnSums, from, factors[time], xa, xi, center, count);
      }
      for (int i = 0; i < count; i++) {
        stats[to + from + i] = (float) columnSums[from + i];
      }
    }
  }

  private static void addScaled(
      double[] sums, int at, double factor, float[] x, int xi, double center, int n) {
    for (int i = 0; i < n; i++) {
      sums[at + i] += factor * (x[xi + i] - center);
    }
  }

  private final class Generalization extends RowTask {
    @Override
    void rows(int task, int begin, int end) {
      for (int time = begin; time < end; time++) {
        sums[SUMS * time + 6] = of(model, time, 0);
        sums[SUMS * time + 7] = of(target, time, 1);
      }
    }

    /** The z-scored row times the mean z-scored row, over P - 1. */
    private double of(Tensor rdm, int time, int which) {
      int at = atTimes + PER_TIME * time + which;
      int row = atRows + which * pairs;
      double product =
          CpuRows.dot(CpuBuffer.floats(rdm), CpuBuffer.row(rdm, time), stats, row, pairs);
      double centred = product - stats[at + MEAN] * CpuRows.sum(stats, row, pairs);
      return centred / stats[at + DEVIATION] / (pairs - 1);
    }
  }

  private final class Gradient extends RowTask {
    /** Gradient of each time's generalisation. */
    double[] generalization = new double[0];

    /** Of the second row. */
    double sum;

    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(model);
      float[] ya = CpuBuffer.floats(target);
      float[] da = CpuBuffer.floats(dmodel);
      double own = pearsonWeight * PearsonMoments.own(stats, atTotals + RDMS) + errorWeight;
      double other = pearsonWeight * PearsonMoments.other(stats, atTotals + RDMS) - errorWeight;
      for (int time = begin; time < end; time++) {
        int xi = CpuBuffer.row(model, time);
        int yi = CpuBuffer.row(target, time);
        int di = CpuBuffer.row(dmodel, time);
        int at = atTimes + PER_TIME * time;
        float x = stats[at + MEAN];
        float y = stats[at + MEAN + 1];
        double deviation = stats[at + DEVIATION];
        double scale = 1 / (deviation * (pairs - 1));
        double weighted = CpuRows.dot(xa, xi, stats, atRows + pairs, pairs) - x * sum;
        double dg = generalization[time];
        double g =
            PearsonMoments.meanX(stats, atTotals + GENERALIZATIONS) + stats[at + GENERALIZATION];
        // The mean of dZ Z; that of dZ is 0, as Z's is.
        double along = (dg * (pairs - 1) * g + weighted / deviation) / pairs;
        double constant =
            pearsonWeight
                    * (PearsonMoments.own(stats, atTotals + RDMS)
                            * (x - PearsonMoments.meanX(stats, atTotals + RDMS))
                        + PearsonMoments.other(stats, atTotals + RDMS)
                            * (y - PearsonMoments.meanY(stats, atTotals + RDMS)))
                + errorWeight * ((double) x - y);
        float a = (float) (own - scale * along / deviation);
        float b = (float) other;
        CpuArithmetic.shift(xa, xi, -x, da, di, pairs);
        CpuArithmetic.combine(a, da, di, (float) (scale * dg), stats, atRows, da, di, pairs);
        CpuArithmetic.combine(1, da, di, (float) scale, stats, atRows + pairs, da, di, pairs);
        CpuArithmetic.combine(1, da, di, b, ya, yi, da, di, pairs);
        CpuArithmetic.shift(da, di, (float) (constant - other * y), da, di, pairs);
      }
    }
  }
}
