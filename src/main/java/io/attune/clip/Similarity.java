package io.attune.clip;

import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.Parameter;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * Image-text similarities: {@code logits = exp(logit_scale) unit(image) . unit(text)^T}, and their
 * gradients.
 */
public final class Similarity {
  private final Device device;
  private final Parameter logitScale;
  private final Tensor imageUnit;
  private final Tensor imageNorm;
  private final Tensor textUnit;
  private final Tensor textNorm;
  private final Tensor cosine;
  private final Tensor logits;
  private final Tensor dlogits;
  private final Tensor dcosine;

  /**
   * Prepares similarities of {@code images} images with {@code texts} texts.
   *
   * @param logitScale the model's scalar
   * @param width of the embeddings
   * @param training whether a backward pass will be run
   */
  public Similarity(
      Device device,
      Parameter logitScale,
      Workspace workspace,
      int images,
      int texts,
      int width,
      boolean training) {
    this.device = device;
    this.logitScale = logitScale;
    this.imageUnit = workspace.tensor("image_unit", images, width);
    this.imageNorm = workspace.tensor("image_norm", images);
    this.textUnit = workspace.tensor("text_unit", texts, width);
    this.textNorm = workspace.tensor("text_norm", texts);
    this.cosine = workspace.tensor("cosine", images, texts);
    this.logits = workspace.tensor("logits_per_image", images, texts);
    this.dlogits = training ? workspace.tensor("dlogits", images, texts) : null;
    this.dcosine = training ? workspace.tensor("dcosine", images, texts) : null;
  }

  /** [B, N] */
  public Tensor logits() {
    return logits;
  }

  /** [B, N], to be filled with dL/dlogits before {@link #backward}. */
  public Tensor logitsGradient() {
    return dlogits;
  }

  /** Computes the logits of embeddings [B, width] and [N, width]. */
  public void forward(Tensor imageEmbeds, Tensor textEmbeds) {
    device.normalize().l2(imageEmbeds, imageUnit, imageNorm);
    device.normalize().l2(textEmbeds, textUnit, textNorm);
    device.gemm().multiply(false, imageUnit, true, textUnit, 1, 0, cosine, Epilogue.NONE);
    device.contrastive().logits(cosine, logitScale.value(), logits);
  }

  /**
   * Gradients with respect to the embeddings and the logit scale.
   *
   * @param dimage [B, width], written; null where not wanted
   * @param dtext [N, width], written; null where not wanted
   */
  public void backward(Tensor dimage, Tensor dtext) {
    device
        .contrastive()
        .logitsBackward(dlogits, logits, logitScale.value(), dcosine, logitScale.gradient());
    if (dimage != null) {
      device.gemm().multiply(false, dcosine, false, textUnit, 1, 0, dimage, Epilogue.NONE);
      device.normalize().l2Backward(dimage, imageUnit, imageNorm, dimage);
    }
    if (dtext != null) {
      device.gemm().multiply(true, dcosine, false, imageUnit, 1, 0, dtext, Epilogue.NONE);
      device.normalize().l2Backward(dtext, textUnit, textNorm, dtext);
    }
  }
}
