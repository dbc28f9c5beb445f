package io.attune.hba;

import io.attune.device.Device;
import io.attune.device.op.Noise;
import io.attune.nn.Workspace;

/**
 * A MEG model at one batch size: features, then mixing, outputs, RDMs and losses at all times
 * (spec/clip-hba.md section 6). Training always draws noise; predictions do where the preset says
 * so. In stage A features are cached and the layer weights alone train.
 */
public final class MegModel {
  private final Device device;
  private final MegParameters parameters;
  private final MegFeatures features;
  private final MegHead training;
  private final MegHead prediction;
  private final boolean adaptersTrain;

  /** How features come about, given where they are to be written. */
  public interface Source {
    MegFeatures of(MegHead head);
  }

  /**
   * Prepares a model of B images and K prompts; both of its heads share their memory.
   *
   * @param noise of training, drawn from a key in device memory
   * @param predictionNoise of predictions
   * @param adaptersTrain whether gradients go down into the adapters
   */
  public MegModel(
      Device device,
      MegParameters parameters,
      MegHead.Times times,
      Noise noise,
      Noise predictionNoise,
      Workspace workspace,
      int batch,
      int prompts,
      boolean adaptersTrain,
      Source source) {
    this.device = device;
    this.parameters = parameters;
    this.adaptersTrain = adaptersTrain;
    LayerMixing layers = parameters.layers();
    this.training =
        new MegHead(device, layers, times, noise, workspace, batch, prompts, adaptersTrain);
    this.prediction =
        noise.equals(predictionNoise)
            ? training
            : new MegHead(
                device,
                layers,
                times,
                predictionNoise,
                workspace.smaller(),
                batch,
                prompts,
                adaptersTrain);
    this.features = source.of(training);
  }

  /** Where images enter. */
  public MegFeatures features() {
    return features;
  }

  /** Outputs, RDMs and losses of {@link #lossAndGradients}; targets and weights of both. */
  public MegHead training() {
    return training;
  }

  /** Outputs, RDMs and losses of {@link #predict}; its target is {@link #training}'s. */
  public MegHead prediction() {
    return prediction;
  }

  /** Losses and the gradients of all that trains, from zero. */
  public void lossAndGradients() {
    device.elementwise().fill(0, parameters.layers().weights().gradient());
    if (adaptersTrain) {
      parameters.adapters().clearGradients(device);
      parameters.adapters().compose(device);
    }
    features.forward();
    training.forward();
    training.backward();
    if (adaptersTrain) {
      features.backward();
      parameters.adapters().backward(device);
    }
  }

  /** Outputs, RDMs and losses; the adapters' weights must be up to date. */
  public void predict() {
    features.forward();
    prediction.forward();
  }
}
