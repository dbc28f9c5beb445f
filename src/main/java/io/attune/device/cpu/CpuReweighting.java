package io.attune.device.cpu;

import io.attune.device.op.MegShapes;
import io.attune.device.op.Noise;
import io.attune.device.op.ReweightingOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/**
 * Checks the shapes; {@link CpuMixing}, {@link FeatureProducts}, {@link NoiseInjection} compute.
 */
final class CpuReweighting implements ReweightingOps {
  private final CpuMixing mixings = new CpuMixing();
  private final FeatureProducts products;
  private final NoiseInjection injection;

  CpuReweighting(CpuThreads threads) {
    products = new FeatureProducts(threads);
    injection = new NoiseInjection(threads);
  }

  @Override
  public void mixing(Tensor weights, int window, Tensor mixing) {
    Shapes.same(mixing, weights);
    mixings.forward(weights, window, mixing);
  }

  @Override
  public void mixingBackward(
      Tensor weights, int window, Tensor mixing, Tensor dmixing, Tensor dweights) {
    Shapes.same(mixing, weights);
    Shapes.same(dmixing, weights);
    Shapes.same(dweights, weights);
    mixings.backward(weights, window, mixing, dmixing, dweights);
  }

  @Override
  public void reweight(Tensor mixing, Tensor features, Tensor richness, Tensor raw) {
    MegShapes.reweighting(mixing, features, richness, raw);
    products.forward(mixing, features, richness, raw);
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
    MegShapes.reweighting(mixing, features, richness, raw);
    MegShapes.alike(draw, raw);
    Shapes.same(dmixing, mixing);
    if (dfeatures != null) {
      MegShapes.alike(dfeatures, features);
    }
    products.backward(mixing, features, richness, raw, draw, dmixing, dfeatures);
  }

  @Override
  public void inject(
      Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation, Tensor out) {
    MegShapes.injection(raw, generalization, level, noise, deviation);
    MegShapes.alike(out, raw);
    injection.operands(raw, generalization, level, noise, deviation);
    injection.forward(out);
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
    MegShapes.injection(raw, generalization, level, noise, deviation);
    MegShapes.alike(dout, raw);
    MegShapes.alike(draw, raw);
    injection.operands(raw, generalization, level, noise, deviation);
    injection.backward(dout, draw);
  }
}
