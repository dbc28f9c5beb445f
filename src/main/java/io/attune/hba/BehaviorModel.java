package io.attune.hba;

import io.attune.clip.Similarity;
import io.attune.device.Device;
import io.attune.nn.Parameter;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * Stage 1 at one batch size: {@code y[b,k] = exp(logit_scale) cos(image b, prompt k)}, without ReLU
 * or softmax, and the mean squared error against the behavioural targets (spec/clip-hba.md section
 * 5). Texts are shared by all batch sizes: run their forward pass first and their backward pass
 * last.
 */
public final class BehaviorModel {
  private final Device device;
  private final EmbeddingPath images;
  private final EmbeddingPath texts;
  private final Similarity similarity;
  private final Tensor targets;
  private final Tensor loss;

  /** Prepares a model of B images and K prompts, given how their embeddings come about. */
  public BehaviorModel(
      Device device,
      Parameter logitScale,
      EmbeddingPath images,
      EmbeddingPath texts,
      Workspace workspace) {
    this.device = device;
    this.images = images;
    this.texts = texts;
    int batch = images.embeds().rows();
    int prompts = texts.embeds().rows();
    similarity =
        new Similarity(
            device, logitScale, workspace, batch, prompts, images.embeds().columns(), true);
    targets = workspace.tensor("targets", batch, prompts);
    loss = workspace.tensor("loss", 1);
  }

  /** [B, K], on 0..100, to be filled. */
  public Tensor targets() {
    return targets;
  }

  /** [B, K], the predictions. */
  public Tensor predictions() {
    return similarity.logits();
  }

  /** [1] */
  public Tensor loss() {
    return loss;
  }

  public EmbeddingPath images() {
    return images;
  }

  /** Predictions; the texts' embeddings must be up to date. */
  public void predict() {
    images.forward();
    similarity.forward(images.embeds(), texts.embeds());
  }

  /** The loss of the latest predictions. */
  public void evaluateLoss() {
    device.reduce().meanSquaredError(predictions(), targets, loss, null);
  }

  /**
   * Loss and gradients of the latest predictions, down to the adapted weights of the image tower
   * and to the texts' embeddings.
   */
  public void backward() {
    device.reduce().meanSquaredError(predictions(), targets, loss, similarity.logitsGradient());
    similarity.backward(images.embedsGradient(), texts.embedsGradient());
    if (images.embedsGradient() != null) {
      images.backward();
    }
  }
}
