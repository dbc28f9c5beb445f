package io.attune.hba;

import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/**
 * Similarities of every block's class token with constant prompts: {@code Q[j,b,k] =
 * exp(logit_scale) C[j,b] . proj . unit[k]}. Since projection and texts are constant, both are
 * multiplied once into one matrix [K, D]; no LayerNorm and no unit length of C are involved.
 */
public final class ClassTokenSimilarity {
  private final Device device;
  private final Tensor matrix;
  private final Tensor classTokens;
  private final Tensor dclassTokens;
  private final Tensor features;
  private final Tensor dfeatures;

  /**
   * Prepares the products.
   *
   * @param matrix [K, D], from {@link #matrix}
   * @param features [L, B, K], written by {@link #forward}
   * @param dfeatures [L, B, K], read by {@link #backward}; null where nothing below trains
   */
  public ClassTokenSimilarity(
      Device device, Tensor matrix, Workspace workspace, Tensor features, Tensor dfeatures) {
    this.device = device;
    this.matrix = matrix;
    this.features = features;
    this.dfeatures = dfeatures;
    int blocks = features.shape().dim(0);
    int batch = features.shape().dim(1);
    int width = matrix.columns();
    classTokens = workspace.tensor("class_tokens", blocks, batch, width);
    dclassTokens =
        dfeatures == null ? null : workspace.tensor("dclass_tokens", blocks, batch, width);
  }

  /**
   * {@code exp(logit_scale) unit proj}, to be computed once.
   *
   * @param textUnit [K, projection], unit rows
   * @param projection [projection, D], the image tower's
   * @param scale exp(logit_scale)
   * @param matrix [K, D], written
   */
  public static void matrix(
      Device device, Tensor textUnit, Tensor projection, float scale, Tensor matrix) {
    device.gemm().multiply(false, textUnit, false, projection, scale, 0, matrix, Epilogue.NONE);
  }

  /** [L, B, D], to be filled before {@link #forward}. */
  public Tensor classTokens() {
    return classTokens;
  }

  /** [L, B, D] after {@link #backward}, or null. */
  public Tensor classTokenGradient() {
    return dclassTokens;
  }

  public void forward() {
    device.gemm().multiply(false, classTokens, true, matrix, 1, 0, features, Epilogue.NONE);
  }

  public void backward() {
    device.gemm().multiply(false, dfeatures, false, matrix, 1, 0, dclassTokens, Epilogue.NONE);
  }
}
