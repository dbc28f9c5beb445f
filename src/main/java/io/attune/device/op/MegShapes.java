package io.attune.device.op;

import io.attune.tensor.Tensor;

/** Checks of what {@link ReweightingOps} and {@link RdmOps} were given. All are contiguous. */
public final class MegShapes {
  private MegShapes() {}

  /** {@code x} has the shape of y, and neither has gaps. */
  public static void alike(Tensor x, Tensor y) {
    if (!x.shape().equals(y.shape())) {
      throw Shapes.mismatch(x, y, "expected the same shape");
    }
    Shapes.contiguous(x);
    Shapes.contiguous(y);
  }

  /** Operands of {@link ReweightingOps#reweight}. */
  public static void reweighting(Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    timed(raw);
    timed(features);
    Shapes.contiguous(mixing);
    if (mixing.rows() != raw.shape().dim(0) || mixing.columns() != features.shape().dim(0)) {
      throw Shapes.mismatch(mixing, raw, "expected a row for each time, a column for each block");
    }
    if (features.shape().dim(1) != raw.shape().dim(1) || features.columns() != raw.columns()) {
      throw Shapes.mismatch(features, raw, "expected as many images and dimensions in both");
    }
    Shapes.vector(richness, mixing.rows(), "time", raw);
  }

  /** Operands of {@link ReweightingOps#inject}. */
  public static void injection(
      Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation) {
    timed(raw);
    int times = (int) raw.shape().dim(0);
    Shapes.vector(generalization, times, "time", raw);
    Shapes.vector(level, times, "time", raw);
    if (deviation.rows() != times || deviation.columns() != raw.columns()) {
      throw Shapes.mismatch(deviation, raw, "expected a row for each time");
    }
    Shapes.contiguous(deviation);
    if (noise.key() != null) {
      Shapes.vector(noise.key(), 8, "word", raw);
    } else if (noise.isNoisy()) {
      alike(noise.normal(), raw);
      alike(noise.floor(), raw);
    }
  }

  /** Operands of {@link RdmOps#correlation}. */
  public static void correlation(Tensor x, Tensor unit, Tensor norm, Tensor rdm) {
    timed(x);
    alike(unit, x);
    if (norm != null) {
      Shapes.vector(norm, x.rows(), "image at each time", x);
    }
    long batch = x.shape().dim(1);
    Shapes.contiguous(rdm);
    if (rdm.rows() != x.shape().dim(0) || rdm.columns() != batch * (batch - 1) / 2) {
      throw Shapes.mismatch(rdm, x, "expected a row of B(B-1)/2 pairs for each time");
    }
  }

  /** Operands of {@link RdmOps#correlationBackward}. */
  public static void correlationBackward(Tensor drdm, Tensor unit, Tensor norm, Tensor dx) {
    if (norm == null) {
      throw new IllegalArgumentException("the backward pass of " + drdm + " needs the norms");
    }
    correlation(dx, unit, norm, drdm);
  }

  /** Operands of {@link RdmOps#loss}. */
  public static void loss(Tensor model, Tensor target, Tensor statistics, Tensor three) {
    alike(target, model);
    Shapes.vector(three, 3, "loss", model);
    Shapes.contiguous(statistics);
    if (statistics.size() < RdmOps.statisticsSize(model.rows(), model.columns())) {
      throw Shapes.mismatch(statistics, model, "expected statisticsSize(T, P) elements");
    }
  }

  private static void timed(Tensor x) {
    if (x.shape().rank() != 3) {
      throw new IllegalArgumentException(x + " should have three axes: times, images, dimensions");
    }
    Shapes.contiguous(x);
  }
}
