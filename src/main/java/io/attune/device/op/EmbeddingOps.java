package io.attune.device.op;

import io.attune.tensor.Tensor;

/** From pixels and token ids to the first residual stream, and back. */
public interface EmbeddingOps {
  /**
   * Cuts images into patches, so that the patch convolution is one matrix product.
   *
   * @param pixels [B, C, H, W]
   * @param patch side of a patch, p; H and W are multiples of it
   * @param columns [B (H/p) (W/p), C p p], F32 or, where the device holds it, BF16; patches row by
   *     row, each channel by channel, as the convolution's weight [D, C, p, p] is laid out
   */
  void patches(Tensor pixels, int patch, Tensor columns);

  /** The inverse copy: gradients of columns to gradients of pixels, overwritten. */
  void patchesBackward(Tensor dcolumns, int patch, Tensor dpixels);

  /**
   * Completes the vision embedding in place: row 0 of every image becomes {@code classToken +
   * positions[0]}, row t gains {@code positions[t]}.
   *
   * @param classToken [D]
   * @param positions [T, D]
   * @param x [B, T, D], rows 1..T-1 holding patch embeddings
   */
  void addPositions(Tensor classToken, Tensor positions, Tensor x);

  /** {@code dpositions[t] += sum over b of dx[b,t]}, {@code dclassToken += sum of dx[b,0]}. */
  void addPositionsBackward(Tensor dx, Tensor dclassToken, Tensor dpositions);

  /**
   * {@code x[n,t] = table[ids[n,t]] + positions[t]}.
   *
   * @param ids I32 [N, T]; each in 0..V-1
   * @param table [V, D]
   * @param positions [T, D] (further rows are ignored)
   * @param x [N, T, D]
   */
  void tokens(Tensor ids, Tensor table, Tensor positions, Tensor x);

  /**
   * {@code dtable[ids[n,t]] += dx[n,t]}, {@code dpositions[t] += sum over n of dx[n,t]}, in an
   * order that does not depend on the number of threads.
   */
  void tokensBackward(Tensor ids, Tensor dx, Tensor dtable, Tensor dpositions);

  /**
   * {@code y[n] = x[index[n]]}, rows of x chosen by an I32 index [N]; x and y are both F32 or,
   * where the device holds it, both BF16.
   */
  void gatherRows(Tensor x, Tensor index, Tensor y);

  /**
   * {@code dx[index[n]] += dy[n]}, in an order that the index alone decides; the rest of dx stays.
   */
  void scatterAddRows(Tensor dy, Tensor index, Tensor dx);
}
