package io.attune.device.cpu;

import io.attune.device.op.Noise;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** Noise on [T, B, K], a time a task; sums over the batch in f64. */
final class NoiseInjection {
  private final CpuThreads threads;
  private final Workspace[] workspaces;
  private final Forward forward = new Forward();
  private final Backward backward = new Backward();

  private Tensor raw;
  private Tensor generalization;
  private Tensor level;
  private Noise noise;
  private Tensor deviation;
  private Tensor out;
  private Tensor dout;
  private Tensor draw;
  private int batch;
  private int width;

  NoiseInjection(CpuThreads threads) {
    this.threads = threads;
    workspaces = new Workspace[threads.count()];
    Arrays.setAll(workspaces, thread -> new Workspace());
  }

  /** Sets the operands that both passes have. */
  void operands(Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation) {
    this.raw = raw;
    this.generalization = generalization;
    this.level = level;
    this.noise = noise;
    this.deviation = deviation;
    batch = (int) raw.shape().dim(1);
    width = raw.columns();
    for (Workspace workspace : workspaces) {
      workspace.require(width);
    }
  }

  void forward(Tensor out) {
    this.out = out;
    threads.runWithScratch((int) raw.shape().dim(0), forward);
  }

  void backward(Tensor dout, Tensor draw) {
    this.dout = dout;
    this.draw = draw;
    threads.runWithScratch((int) raw.shape().dim(0), backward);
  }

  private static float element(Tensor vector, int index) {
    return CpuBuffer.floats(vector)[CpuBuffer.offset(vector) + index];
  }

  /** What one thread needs beside its operands; as long as a row. */
  private static final class Workspace {
    final NoiseDraws normals = new NoiseDraws();
    final NoiseDraws floors = new NoiseDraws();
    double[] sums = new double[0];
    double[] squares = new double[0];
    float[] mean = new float[0];

    /** Level times deviation. */
    float[] spread = new float[0];

    float[] row = new float[0];

    void require(int width) {
      if (row.length < width) {
        sums = new double[width];
        squares = new double[width];
        mean = new float[width];
        spread = new float[width];
        row = new float[width];
      }
    }
  }

  /** Leaves the sums over the batch, and their means rounded. */
  private void average(Workspace own, float[] ra, int ri) {
    Arrays.fill(own.sums, 0, width, 0);
    for (int image = 0; image < batch; image++) {
      CpuArithmetic.addTo(own.sums, 0, ra, ri + image * width, width);
    }
    for (int k = 0; k < width; k++) {
      own.mean[k] = (float) (own.sums[k] / batch);
    }
  }

  /** Writes the unbiased standard deviations; NaN for a batch of one. */
  private void deviate(Workspace own, float[] ra, int ri, float[] da, int di) {
    average(own, ra, ri);
    Arrays.fill(own.squares, 0, width, 0);
    for (int image = 0; image < batch; image++) {
      for (int k = 0; k < width; k++) {
        double difference = ra[ri + image * width + k] - own.sums[k] / batch;
        own.squares[k] += difference * difference;
      }
    }
    for (int k = 0; k < width; k++) {
      da[di + k] = (float) Math.sqrt(own.squares[k] / (batch - 1));
    }
  }

  private final class Forward implements CpuThreads.ScratchTask {
    @Override
    public void run(int time, int thread) {
      Workspace own = workspaces[thread];
      float[] ra = CpuBuffer.floats(raw);
      float[] da = CpuBuffer.floats(deviation);
      float[] oa = CpuBuffer.floats(out);
      long first = (long) time * batch * width;
      int ri = CpuBuffer.offset(raw) + (int) first;
      int oi = CpuBuffer.offset(out) + (int) first;
      int di = CpuBuffer.row(deviation, time);
      if (!noise.deviationGiven()) {
        deviate(own, ra, ri, da, di);
      }
      float beta = element(generalization, time);
      if (!noise.isNoisy()) {
        InjectionRows.quiet(ra, ri, beta, noise.low(), oa, oi, batch * width);
        return;
      }
      own.normals.normals(noise, first, batch * width);
      own.floors.floors(noise, first, batch * width);
      CpuArithmetic.scale(element(level, time), da, di, own.spread, 0, width);
      for (int image = 0; image < batch; image++) {
        int at = image * width;
        InjectionRows.noisy(
            ra,
            ri + at,
            beta,
            own.spread,
            own.normals.values(),
            own.normals.at() + at,
            own.floors.values(),
            own.floors.at() + at,
            oa,
            oi + at,
            width);
      }
    }
  }

  private final class Backward implements CpuThreads.ScratchTask {
    @Override
    public void run(int time, int thread) {
      Workspace own = workspaces[thread];
      float[] ra = CpuBuffer.floats(raw);
      float[] ga = CpuBuffer.floats(dout);
      float[] wa = CpuBuffer.floats(draw);
      long first = (long) time * batch * width;
      int ri = CpuBuffer.offset(raw) + (int) first;
      int gi = CpuBuffer.offset(dout) + (int) first;
      int wi = CpuBuffer.offset(draw) + (int) first;
      float beta = element(generalization, time);
      if (!noise.isNoisy()) {
        InjectionRows.quietBackward(ra, ri, beta, ga, gi, wa, wi, batch * width);
        return;
      }
      own.normals.normals(noise, first, batch * width);
      float[] da = CpuBuffer.floats(deviation);
      int di = CpuBuffer.row(deviation, time);
      CpuArithmetic.scale(element(level, time), da, di, own.spread, 0, width);
      Arrays.fill(own.squares, 0, width, 0);
      for (int image = 0; image < batch; image++) {
        int at = image * width;
        InjectionRows.noisyBackward(
            ra,
            ri + at,
            beta,
            own.spread,
            own.normals.values(),
            own.normals.at() + at,
            ga,
            gi + at,
            wa,
            wi + at,
            own.row,
            width);
        CpuArithmetic.addTo(own.squares, 0, own.row, 0, width);
      }
      if (!noise.deviationGiven()) {
        throughDeviation(own, time, ra, ri, wa, wi);
      }
    }

    /** Adds what comes through the deviation; {@code squares} holds the sums of noise dout. */
    private void throughDeviation(Workspace own, int time, float[] ra, int ri, float[] wa, int wi) {
      average(own, ra, ri);
      float[] da = CpuBuffer.floats(deviation);
      int di = CpuBuffer.row(deviation, time);
      double nu = element(level, time);
      for (int k = 0; k < width; k++) {
        double sd = da[di + k];
        own.row[k] = sd == 0 ? 0 : (float) (nu * own.squares[k] / ((batch - 1) * sd));
      }
      for (int image = 0; image < batch; image++) {
        int at = image * width;
        InjectionRows.addDeviation(own.row, ra, ri + at, own.mean, wa, wi + at, width);
      }
    }
  }
}
