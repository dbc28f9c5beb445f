package io.attune.clip;

import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.LayerNorm;
import io.attune.nn.Linear;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * The end of a tower: the pooled token's LayerNorm and the projection into the shared space. Both
 * towers end alike.
 */
public final class EmbeddingHead {
  private final Device device;
  private final LayerNorm norm;
  private final Linear projection;
  private final Tensor token;
  private final Tensor pooled;
  private final Tensor embeds;
  private final Tensor mean;
  private final Tensor rstd;
  private final Tensor dembeds;
  private final Tensor dpooled;

  /**
   * Prepares the head.
   *
   * @param token [B, D], the tower's output at the pooled token; rows may have gaps
   * @param training whether a backward pass will be run
   */
  public EmbeddingHead(
      Device device,
      LayerNorm norm,
      Linear projection,
      Workspace workspace,
      Tensor token,
      boolean training) {
    this.device = device;
    this.norm = norm;
    this.projection = projection;
    this.token = token;
    int batch = token.rows();
    int width = token.columns();
    int out = projection.weight().rows();
    this.pooled = workspace.tensor("pooled", batch, width);
    this.embeds = workspace.tensor("embeds", batch, out);
    this.mean = training ? workspace.tensor("pooled.mean", batch) : null;
    this.rstd = training ? workspace.tensor("pooled.rstd", batch) : null;
    this.dembeds = training ? workspace.tensor("dembeds", batch, out) : null;
    this.dpooled = training ? workspace.tensor("dpooled", batch, width) : null;
  }

  /** [B, D], after the LayerNorm. */
  public Tensor pooled() {
    return pooled;
  }

  /** [B, projection], before L2 normalisation. */
  public Tensor embeds() {
    return embeds;
  }

  /** [B, projection], to be filled with dL/dembeds before {@link #backward}. */
  public Tensor embedsGradient() {
    return dembeds;
  }

  public void forward() {
    norm.forward(device, token, pooled, mean, rstd);
    projection.forward(device, pooled, embeds, Epilogue.NONE);
  }

  /**
   * Gradients of projection and LayerNorm.
   *
   * @param dtoken [B, D], written; null where nothing below trains
   */
  public void backward(Tensor dtoken) {
    projection.backwardParameters(device, pooled, dembeds);
    if (dtoken == null && !norm.trains()) {
      return;
    }
    projection.backwardInput(device, dembeds, 0, dpooled);
    norm.backward(device, dpooled, token, mean, rstd, dtoken, false);
  }
}
