package io.attune.bench;

import static io.attune.bench.OperationCase.moving;
import static io.attune.bench.OperationCase.sizes;

import io.attune.device.op.Noise;
import io.attune.device.op.RdmOps;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The MEG head at all time points: mixing, noise, correlation RDMs and their losses. PyTorch has no
 * operation of these; the floors are what they are held against.
 */
final class MegCases {
  private static final int PROMPTS = 66;

  private final int times;
  private final int blocks;
  private final int batch;
  private final int window;
  private final double predictions;
  private final double pairs;
  private final List<OperationCase> cases = new ArrayList<>();

  /**
   * @param tiny few times and images, which the emulation serves
   */
  private MegCases(Sizes sizes, boolean tiny) {
    times = tiny ? 4 : 281;
    batch = tiny ? 4 : 50;
    window = tiny ? 1 : 15;
    blocks = sizes.config().vision().blocks();
    predictions = 4.0 * times * batch * PROMPTS;
    pairs = 4.0 * times * batch * (batch - 1) / 2;
  }

  /** Cases of both families. */
  static List<OperationCase> of(Sizes sizes) {
    MegCases made = new MegCases(sizes, sizes.batch() < 8);
    made.mixing();
    made.reweight();
    made.inject();
    made.correlation();
    made.losses();
    return made.cases;
  }

  private void add(
      String operation, Map<String, Object> shape, double bytes, OperationCase.Setup setup) {
    cases.add(moving(operation, "", shape, bytes, setup));
  }

  private void mixing() {
    var shape = sizes("times", times, "blocks", blocks, "window", window);
    double matrix = 4.0 * times * blocks;
    add(
        "reweighting.mixing",
        shape,
        2 * matrix,
        inputs -> {
          Tensor weights = inputs.positive(times, blocks);
          Tensor mixing = inputs.floats(times, blocks);
          return () -> inputs.device().reweighting().mixing(weights, window, mixing);
        });
    add(
        "reweighting.mixingBackward",
        shape,
        5 * matrix,
        inputs -> {
          Tensor weights = inputs.positive(times, blocks);
          Tensor mixing = inputs.floats(times, blocks);
          inputs.device().reweighting().mixing(weights, window, mixing);
          Tensor dmixing = inputs.floats(times, blocks);
          Tensor dweights = inputs.floats(times, blocks);
          return () ->
              inputs
                  .device()
                  .reweighting()
                  .mixingBackward(weights, window, mixing, dmixing, dweights);
        });
  }

  private void reweight() {
    var shape = sizes("times", times, "blocks", blocks, "batch", batch, "columns", PROMPTS);
    double features = 4.0 * blocks * batch * PROMPTS;
    add(
        "reweighting.reweight",
        shape,
        features + predictions,
        inputs -> {
          Tensor mixing = inputs.positive(times, blocks);
          Tensor all = inputs.floats(blocks, batch, PROMPTS);
          Tensor richness = inputs.positive(times);
          Tensor raw = inputs.floats(times, batch, PROMPTS);
          return () -> inputs.device().reweighting().reweight(mixing, all, richness, raw);
        });
    add(
        "reweighting.reweightBackward",
        shape,
        2 * features + 2 * predictions,
        inputs -> {
          Tensor mixing = inputs.positive(times, blocks);
          Tensor all = inputs.floats(blocks, batch, PROMPTS);
          Tensor richness = inputs.positive(times);
          Tensor raw = inputs.floats(times, batch, PROMPTS);
          inputs.device().reweighting().reweight(mixing, all, richness, raw);
          Tensor draw = inputs.floats(times, batch, PROMPTS);
          Tensor dmixing = inputs.floats(times, blocks);
          Tensor dfeatures = inputs.floats(blocks, batch, PROMPTS);
          return () ->
              inputs
                  .device()
                  .reweighting()
                  .reweightBackward(mixing, all, richness, raw, draw, dmixing, dfeatures);
        });
  }

  private void inject() {
    var shape = sizes("times", times, "batch", batch, "columns", PROMPTS);
    add(
        "reweighting.inject",
        shape,
        2 * predictions,
        inputs -> {
          Injection injection = new Injection(inputs);
          return injection::forward;
        });
    add(
        "reweighting.injectBackward",
        shape,
        3 * predictions,
        inputs -> {
          Injection injection = new Injection(inputs);
          injection.forward();
          Tensor dout = inputs.floats(times, batch, PROMPTS);
          Tensor draw = inputs.floats(times, batch, PROMPTS);
          return () -> injection.backward(dout, draw);
        });
  }

  /** Noise drawn in the operation. */
  private final class Injection {
    private final Inputs inputs;
    private final Tensor raw;
    private final Tensor generalization;
    private final Tensor level;
    private final Noise noise;
    private final Tensor deviation;
    private final Tensor out;

    Injection(Inputs inputs) {
      this.inputs = inputs;
      raw = inputs.positive(times, batch, PROMPTS);
      generalization = inputs.positive(times);
      level = inputs.positive(times);
      noise = Noise.drawn(inputs.indices(1000, 8));
      deviation = inputs.positive(times, PROMPTS);
      out = inputs.floats(times, batch, PROMPTS);
    }

    void forward() {
      inputs.device().reweighting().inject(raw, generalization, level, noise, deviation, out);
    }

    void backward(Tensor dout, Tensor draw) {
      inputs
          .device()
          .reweighting()
          .injectBackward(raw, generalization, level, noise, deviation, dout, draw);
    }
  }

  private void correlation() {
    var shape = sizes("times", times, "batch", batch, "columns", PROMPTS);
    long count = (long) batch * (batch - 1) / 2;
    add(
        "rdm.correlation",
        shape,
        2 * predictions + pairs,
        inputs -> {
          Tensor x = inputs.floats(times, batch, PROMPTS);
          Tensor unit = inputs.floats(times, batch, PROMPTS);
          Tensor norm = inputs.positive(times, batch);
          Tensor rdm = inputs.floats(times, count);
          return () -> inputs.device().rdm().correlation(x, unit, norm, rdm);
        });
    add(
        "rdm.correlationBackward",
        shape,
        2 * predictions + pairs,
        inputs -> {
          Tensor drdm = inputs.floats(times, count);
          Tensor unit = inputs.floats(times, batch, PROMPTS);
          Tensor norm = inputs.positive(times, batch);
          Tensor dx = inputs.floats(times, batch, PROMPTS);
          return () -> inputs.device().rdm().correlationBackward(drdm, unit, norm, dx);
        });
  }

  private void losses() {
    long count = (long) batch * (batch - 1) / 2;
    var shape = sizes("times", times, "pairs", count);
    add(
        "rdm.loss",
        shape,
        2 * pairs,
        inputs -> {
          Tensor model = inputs.positive(times, count);
          Tensor target = inputs.positive(times, count);
          Tensor statistics = inputs.floats(RdmOps.statisticsSize(times, count));
          Tensor losses = inputs.floats(3);
          return () -> inputs.device().rdm().loss(model, target, statistics, losses);
        });
    add(
        "rdm.lossBackward",
        shape,
        3 * pairs,
        inputs -> {
          Tensor model = inputs.positive(times, count);
          Tensor target = inputs.positive(times, count);
          Tensor statistics = inputs.floats(RdmOps.statisticsSize(times, count));
          Tensor losses = inputs.floats(3);
          inputs.device().rdm().loss(model, target, statistics, losses);
          Tensor weights = inputs.positive(3);
          Tensor dmodel = inputs.floats(times, count);
          return () ->
              inputs.device().rdm().lossBackward(model, target, statistics, weights, dmodel);
        });
  }
}
