package io.attune.device.cuda;

import io.attune.device.op.MegShapes;
import io.attune.device.op.Noise;
import io.attune.device.op.ReweightingOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * kernels/reweighting.cu and kernels/injection.cu; all tensors are F32, but for the noise's key.
 */
final class CudaReweighting implements ReweightingOps {
  private static final int WARP = 32;
  private static final int FORWARD_THREADS = 128;
  private static final int THREADS = 256;

  /** Times that a block of threads takes, forward and for the gradient of the mixing. */
  private static final int FORWARD_TIMES = 8;

  private static final int DOT_TIMES = 2;

  /** Blocks of the model that a block of threads takes. */
  private static final int GROUP = 8;

  private final CudaKernel mixing;
  private final CudaKernel mixingBackward;
  private final CudaKernel forward;
  private final CudaKernel backwardMixing;
  private final CudaKernel backwardFeatures;
  private final CudaKernel inject;
  private final CudaKernel injectBackward;

  CudaReweighting(CudaContext context) {
    mixing = context.kernel("reweighting", "reweighting_mixing_f32");
    mixingBackward = context.kernel("reweighting", "reweighting_mixing_backward_f32");
    forward = context.kernel("reweighting", "reweighting_forward_f32");
    backwardMixing = context.kernel("reweighting", "reweighting_backward_mixing_f32");
    backwardFeatures = context.kernel("reweighting", "reweighting_backward_features_f32");
    inject = context.kernel("injection", "injection_forward_f32");
    injectBackward = context.kernel("injection", "injection_backward_f32");
  }

  @Override
  public void mixing(Tensor weights, int window, Tensor mixing) {
    alike(mixing, weights);
    if (weights.size() > 0) {
      window(this.mixing, weights, window).tensor(mixing);
      this.mixing.launch(weights.rows(), 1, 1, WARP, Double.BYTES * weights.columns());
    }
  }

  @Override
  public void mixingBackward(
      Tensor weights, int window, Tensor mixing, Tensor dmixing, Tensor dweights) {
    alike(mixing, weights);
    alike(dmixing, weights);
    alike(dweights, weights);
    if (weights.size() > 0) {
      window(mixingBackward, weights, window).tensor(mixing).tensor(dmixing).tensor(dweights);
      mixingBackward.launch(weights.rows(), 1, 1, WARP, 2 * Double.BYTES * weights.columns());
    }
  }

  private static CudaKernel window(CudaKernel kernel, Tensor weights, int window) {
    return kernel
        .tensor(weights)
        .integer(weights.rows())
        .integer(weights.columns())
        .integer(window);
  }

  @Override
  public void reweight(Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    checkReweighting(mixing, features, richness, raw);
    int blocks = mixing.columns();
    int width = width(raw);
    if (raw.size() > 0) {
      int slabs = Math.ceilDiv(width, FORWARD_THREADS);
      int turns = Math.ceilDiv(mixing.rows(), FORWARD_TIMES);
      int shared = FORWARD_TIMES * Float.BYTES * blocks;
      forward.tensor(mixing).tensor(features).tensor(richness).tensor(raw);
      sizes(forward, mixing, width).launch(slabs, turns, 1, FORWARD_THREADS, shared);
    }
  }

  @Override
  public void reweightBackward(
      Tensor mixing,
      Tensor features,
      Tensor richness,
      Tensor raw,
      Tensor draw,
      Tensor dmixing,
      Tensor dfeatures) {
    checkReweighting(mixing, features, richness, raw);
    alike(draw, raw);
    alike(dmixing, mixing);
    if (dfeatures != null) {
      MegShapes.alike(dfeatures, features);
      CudaShapes.requireFloat(dfeatures);
    }
    if (raw.size() == 0 || mixing.size() == 0) {
      return;
    }
    int width = width(raw);
    int groups = Math.ceilDiv(mixing.columns(), GROUP);
    backwardMixing.tensor(mixing).tensor(features).tensor(richness).tensor(raw).tensor(draw);
    sizes(backwardMixing.tensor(dmixing), mixing, width)
        .launch(Math.ceilDiv(mixing.rows(), DOT_TIMES), groups, 1, THREADS, 0);
    if (dfeatures != null) {
      backwardFeatures.tensor(mixing).tensor(richness).tensor(raw).tensor(draw).tensor(dfeatures);
      sizes(backwardFeatures, mixing, width)
          .launch(Math.ceilDiv(width, WARP), groups, 1, THREADS, 0);
    }
  }

  private static void checkReweighting(
      Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    MegShapes.reweighting(mixing, features, richness, raw);
    CudaShapes.requireFloat(mixing);
    CudaShapes.requireFloat(features);
    CudaShapes.requireFloat(richness);
    CudaShapes.requireFloat(raw);
  }

  private static CudaKernel sizes(CudaKernel kernel, Tensor mixing, int width) {
    return kernel.integer(mixing.rows()).integer(mixing.columns()).integer(width);
  }

  /** Elements of a time: images times dimensions. */
  private static int width(Tensor raw) {
    return Math.toIntExact(raw.shape().dim(1) * raw.shape().dim(2));
  }

  @Override
  public void inject(
      Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation, Tensor out) {
    checkInjection(raw, generalization, level, noise, deviation);
    alike(out, raw);
    if (raw.size() > 0) {
      inject.tensor(raw).tensor(generalization).tensor(level);
      inject.tensor(noise.key()).tensor(noise.normal()).tensor(noise.floor());
      inject.real(noise.low()).real(noise.high() - noise.low());
      inject.integer(noise.deviationGiven() ? 1 : 0).tensor(deviation).tensor(out);
      launch(inject, raw);
    }
  }

  @Override
  public void injectBackward(
      Tensor raw,
      Tensor generalization,
      Tensor level,
      Noise noise,
      Tensor deviation,
      Tensor dout,
      Tensor draw) {
    checkInjection(raw, generalization, level, noise, deviation);
    alike(dout, raw);
    alike(draw, raw);
    if (raw.size() > 0) {
      injectBackward.tensor(raw).tensor(generalization).tensor(level);
      injectBackward.tensor(noise.key()).tensor(noise.normal());
      injectBackward.integer(noise.deviationGiven() ? 1 : 0).tensor(deviation);
      injectBackward.tensor(dout).tensor(draw);
      launch(injectBackward, raw);
    }
  }

  private static void launch(CudaKernel kernel, Tensor raw) {
    int times = (int) raw.shape().dim(0);
    kernel.integer((int) raw.shape().dim(1)).integer(raw.columns());
    kernel.launch(times, Math.ceilDiv(raw.columns(), THREADS), 1, THREADS, 0);
  }

  private static void checkInjection(
      Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation) {
    MegShapes.injection(raw, generalization, level, noise, deviation);
    CudaShapes.requireFloat(raw);
    CudaShapes.requireFloat(generalization);
    CudaShapes.requireFloat(level);
    CudaShapes.requireFloat(deviation);
    if (noise.key() != null && noise.key().dtype() != DType.I32) {
      throw new IllegalArgumentException(noise.key() + " is not I32, as a key of draws is");
    }
    if (!CudaShapes.isFloat(noise.normal()) || !CudaShapes.isFloat(noise.floor())) {
      throw Shapes.mismatch(noise.normal(), noise.floor(), "expected F32 in both");
    }
  }

  private static void alike(Tensor x, Tensor y) {
    MegShapes.alike(x, y);
    CudaShapes.requireFloat(x);
    CudaShapes.requireFloat(y);
  }
}
