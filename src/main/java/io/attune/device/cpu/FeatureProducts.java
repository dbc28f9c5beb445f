package io.attune.device.cpu;

import io.attune.tensor.Tensor;

/**
 * The products of {@link CpuReweighting} between mixing [T, L], features [L, B K] and what comes of
 * them [T, B K]: times are tasks, columns of B K where it is the times that are summed over.
 */
final class FeatureProducts {
  /** Columns of one task of the gradient of the features. */
  private static final int COLUMNS = 160;

  private final CpuThreads threads;
  private final ThreadScratch scratch;
  private final Forward forward = new Forward();
  private final MixingGradient mixingGradient = new MixingGradient();
  private final FeatureGradient featureGradient = new FeatureGradient();

  private Tensor mixing;
  private Tensor features;
  private Tensor richness;
  private Tensor raw;
  private Tensor draw;
  private Tensor dmixing;
  private Tensor dfeatures;
  private int blocks;
  private int width;

  /** richness[t] mixing[t, j] at j T + t. */
  private float[] factors = new float[0];

  FeatureProducts(CpuThreads threads) {
    this.threads = threads;
    this.scratch = new ThreadScratch(threads);
  }

  void forward(Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    operands(mixing, features, richness, raw);
    scratch.require(blocks);
    threads.runWithScratch(mixing.rows(), forward);
  }

  void backward(
      Tensor mixing,
      Tensor features,
      Tensor richness,
      Tensor raw,
      Tensor draw,
      Tensor dmixing,
      Tensor dfeatures) {
    operands(mixing, features, richness, raw);
    this.draw = draw;
    this.dmixing = dmixing;
    this.dfeatures = dfeatures;
    scratch.require(width);
    threads.runWithScratch(mixing.rows(), mixingGradient);
    if (dfeatures != null) {
      transposeFactors();
      scratch.require(mixing.rows() * COLUMNS);
      threads.runWithScratch(CpuSpans.tasks(width, COLUMNS), featureGradient);
    }
  }

  private void operands(Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    this.mixing = mixing;
    this.features = features;
    this.richness = richness;
    this.raw = raw;
    blocks = mixing.columns();
    width = (int) (features.size() / blocks);
  }

  private float richness(int time) {
    return CpuBuffer.floats(richness)[CpuBuffer.offset(richness) + time];
  }

  private void transposeFactors() {
    int times = mixing.rows();
    if (factors.length < times * blocks) {
      factors = new float[times * blocks];
    }
    float[] pa = CpuBuffer.floats(mixing);
    for (int time = 0; time < times; time++) {
      int pi = CpuBuffer.row(mixing, time);
      for (int j = 0; j < blocks; j++) {
        factors[j * times + time] = richness(time) * pa[pi + j];
      }
    }
  }

  /** A time a task. */
  private final class Forward implements CpuThreads.ScratchTask {
    @Override
    public void run(int time, int thread) {
      float[] own = scratch.of(thread);
      float[] ra = CpuBuffer.floats(raw);
      int ri = CpuBuffer.offset(raw) + time * width;
      float[] pa = CpuBuffer.floats(mixing);
      CpuArithmetic.scale(richness(time), pa, CpuBuffer.row(mixing, time), own, 0, blocks);
      float[] fa = CpuBuffer.floats(features);
      RowProduct.multiply(own, 0, blocks, fa, CpuBuffer.offset(features), width, ra, ri, width);
      CpuMask.rectify(ra, ri, width);
    }
  }

  /** A time a task. */
  private final class MixingGradient implements CpuThreads.ScratchTask {
    @Override
    public void run(int time, int thread) {
      float[] own = scratch.of(thread);
      int at = time * width;
      CpuMask.positive(
          CpuBuffer.floats(raw),
          CpuBuffer.offset(raw) + at,
          CpuBuffer.floats(draw),
          CpuBuffer.offset(draw) + at,
          own,
          0,
          width);
      float[] pa = CpuBuffer.floats(mixing);
      float[] fa = CpuBuffer.floats(features);
      float[] da = CpuBuffer.floats(dmixing);
      int pi = CpuBuffer.row(mixing, time);
      int di = CpuBuffer.row(dmixing, time);
      for (int j = 0; j < blocks; j++) {
        int fi = CpuBuffer.offset(features) + j * width;
        da[di + j] =
            pa[pi + j] > 0 ? (float) (richness(time) * CpuRows.dot(own, 0, fa, fi, width)) : 0;
      }
    }
  }

  /** Some columns of B K a task, which are gathered first. */
  private final class FeatureGradient implements CpuThreads.ScratchTask {
    @Override
    public void run(int task, int thread) {
      float[] own = scratch.of(thread);
      int times = mixing.rows();
      int from = task * COLUMNS;
      int count = Math.min(COLUMNS, width - from);
      for (int time = 0; time < times; time++) {
        int at = time * width + from;
        CpuMask.positive(
            CpuBuffer.floats(raw),
            CpuBuffer.offset(raw) + at,
            CpuBuffer.floats(draw),
            CpuBuffer.offset(draw) + at,
            own,
            time * COLUMNS,
            count);
      }
      float[] da = CpuBuffer.floats(dfeatures);
      for (int j = 0; j < blocks; j++) {
        int di = CpuBuffer.offset(dfeatures) + j * width + from;
        RowProduct.multiply(factors, j * times, times, own, 0, COLUMNS, da, di, count);
      }
    }
  }
}
