package io.attune.hba;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Noise;
import io.attune.device.op.RdmOps;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * The part of a MEG model above the similarities, at one batch size: layer mixing, noise, RDMs at
 * all T times and the loss against measured ones, forward and backward (spec/clip-hba.md section
 * 6). Nothing crosses to the host.
 */
public final class MegHead {
  private final Device device;
  private final LayerMixing layers;
  private final Noise noise;
  private final Tensor richness;
  private final Tensor generalization;
  private final Tensor noiseLevel;
  private final Tensor features;
  private final Tensor mixing;
  private final Tensor raw;
  private final Tensor deviation;
  private final Tensor embeddings;
  private final Tensor unit;
  private final Tensor norm;
  private final Tensor rdm;
  private final Tensor target;
  private final Tensor statistics;
  private final Tensor losses;
  private final Tensor lossWeights;
  private final Tensor drdm;
  private final Tensor dembeddings;
  private final Tensor dmixing;
  private final Tensor dfeatures;

  /**
   * Prepares a head for B images and K prompts.
   *
   * @param times the windowed time courses, in device memory
   * @param noise what is added, see {@link Noise}
   * @param featureGradient whether dL/dfeatures is wanted: not where features are cached
   */
  public MegHead(
      Device device,
      LayerMixing layers,
      Times times,
      Noise noise,
      Workspace workspace,
      int batch,
      int prompts,
      boolean featureGradient) {
    this.device = device;
    this.layers = layers;
    this.noise = noise;
    this.richness = times.richness();
    this.generalization = times.generalization();
    this.noiseLevel = times.noiseLevel();
    int t = layers.times();
    int blocks = layers.blocks();
    long pairs = (long) batch * (batch - 1) / 2;
    features = workspace.tensor("features", blocks, batch, prompts);
    mixing = workspace.tensor("mixing", t, blocks);
    raw = workspace.tensor("reweighted", t, batch, prompts);
    deviation = workspace.tensor("deviation", t, prompts);
    embeddings = workspace.tensor("time_embeddings", t, batch, prompts);
    unit = workspace.tensor("rdm.unit", t, batch, prompts);
    norm = workspace.tensor("rdm.norm", t, batch);
    rdm = workspace.tensor("rdm", t, pairs);
    target = workspace.tensor("target_rdm", t, pairs);
    statistics = workspace.tensor("loss.statistics", RdmOps.statisticsSize(t, pairs));
    losses = workspace.tensor("losses", 3);
    lossWeights = workspace.tensor("loss.weights", 3);
    drdm = workspace.tensor("drdm", t, pairs);
    dembeddings = workspace.tensor("dtime_embeddings", t, batch, prompts);
    dmixing = workspace.tensor("dmixing", t, blocks);
    dfeatures = featureGradient ? workspace.tensor("dfeatures", blocks, batch, prompts) : null;
  }

  /**
   * Time courses in device memory, each [T]; richness and generalisation windowed already.
   *
   * @param richness alpha
   * @param generalization beta
   * @param noiseLevel nu
   */
  public record Times(Tensor richness, Tensor generalization, Tensor noiseLevel) {
    /** Allocates and, unless planning, fills them. */
    public static Times allocate(Arena arena, Device device, TimeCourses courses, int window) {
      int count = courses.times();
      Times times =
          new Times(
              arena.allocate("richness", count),
              arena.allocate("generalization", count),
              arena.allocate("noise_level", count));
      if (!arena.isPlanning()) {
        TimeCourses windowed = courses.windowed(window);
        device.write(times.richness, windowed.richness(), 0);
        device.write(times.generalization, windowed.generalization(), 0);
        device.write(times.noiseLevel, windowed.noiseLevel(), 0);
      }
      return times;
    }
  }

  /** [L, B, K], to be filled: exp(logit_scale) C proj . text unit. */
  public Tensor features() {
    return features;
  }

  /** [T, P], the measured RDMs' upper triangles, to be filled before losses are asked for. */
  public Tensor target() {
    return target;
  }

  /** [3], each loss weight over its normaliser, to be filled before {@link #backward}. */
  public Tensor lossWeights() {
    return lossWeights;
  }

  /** [T, L] */
  public Tensor mixing() {
    return mixing;
  }

  /** [T, B, K], the outputs at all times. */
  public Tensor embeddings() {
    return embeddings;
  }

  /** [T, B, K], before noise. */
  public Tensor reweighted() {
    return raw;
  }

  /** [T, K], over the batch, before noise; to be filled where the noise says that it is given. */
  public Tensor deviation() {
    return deviation;
  }

  /** [T, P] */
  public Tensor rdm() {
    return rdm;
  }

  /** [3]: 1 - Pearson, mean squared error, 1 - Pearson of the generalisation curves. */
  public Tensor losses() {
    return losses;
  }

  /** [L, B, K] after {@link #backward}, or null. */
  public Tensor featureGradient() {
    return dfeatures;
  }

  /** From features to outputs, RDMs and losses. */
  public void forward() {
    predict();
    device.rdm().loss(rdm, target, statistics, losses);
  }

  /** From features to outputs. */
  public void embed() {
    device.reweighting().mixing(layers.weights().value(), layers.window(), mixing);
    device.reweighting().reweight(mixing, features, richness, raw);
    device.reweighting().inject(raw, generalization, noiseLevel, noise, deviation, embeddings);
  }

  /** From features to outputs and RDMs. */
  public void predict() {
    embed();
    device.rdm().correlation(embeddings, unit, norm, rdm);
  }

  /** Adds to the layer weights' gradient, and writes that of the features where it is wanted. */
  public void backward() {
    device.rdm().lossBackward(rdm, target, statistics, lossWeights, drdm);
    device.rdm().correlationBackward(drdm, unit, norm, dembeddings);
    device
        .reweighting()
        .injectBackward(
            raw, generalization, noiseLevel, noise, deviation, dembeddings, dembeddings);
    device
        .reweighting()
        .reweightBackward(mixing, features, richness, raw, dembeddings, dmixing, dfeatures);
    Tensor dweights = layers.weights().gradient();
    if (dweights != null) {
      device
          .reweighting()
          .mixingBackward(layers.weights().value(), layers.window(), mixing, dmixing, dweights);
    }
  }
}
