package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * Correlation RDMs at many times and the loss that compares them with measured ones
 * (spec/clip-hba.md section 6). T times, B images, K dimensions, {@code P = B(B-1)/2} pairs: (0,1),
 * (0,2), ..., (1,2), ... All tensors are contiguous ({@link MegShapes}).
 */
public interface RdmOps {
  /**
   * {@code rdm[t,(a,b)] = 1 - u[t,a] . u[t,b]}, with u the centred rows at unit length: 1 -
   * Pearson. A constant row makes its pairs NaN.
   *
   * @param x [T, B, K]
   * @param unit [T, B, K], u, for the backward pass; may be x
   * @param norm [T, B], lengths of the centred rows, for the backward pass; or null
   * @param rdm [T, P]
   */
  void correlation(Tensor x, Tensor unit, Tensor norm, Tensor rdm);

  /**
   * With H the symmetric matrix of drdm: {@code du[a] = -sum over b of H[a,b] u[b]}; {@code dc =
   * (du - u (u . du))/norm}; {@code dx = dc - mean(dc)}.
   *
   * @param drdm [T, P]
   * @param dx [T, B, K], overwritten
   */
  void correlationBackward(Tensor drdm, Tensor unit, Tensor norm, Tensor dx);

  /**
   * The three losses between model X and target Y, both [T, P], accumulated in f64: {@code
   * losses[0] = 1 - Pearson} over all T P values together; {@code losses[1]} = their mean squared
   * error; {@code losses[2] = 1 - Pearson(g(X), g(Y))} with the generalisation {@code g = } row
   * means of {@code Z Z^T/(P-1)}, diagonal included, where Z is X with each time z-scored by the
   * population's deviation. Since the row mean of Z Z^T is Z times the mean row of Z, the cost is T
   * P. Of fewer than three times, or of one pair, the generalisations are all alike or undefined,
   * and so is what is made of them.
   *
   * @param model [T, P]
   * @param target [T, P]
   * @param statistics scratch of {@link #statisticsSize} elements, for the backward pass
   * @param losses [3]
   */
  void loss(Tensor model, Tensor target, Tensor statistics, Tensor losses);

  /**
   * {@code dmodel = sum over i of weights[i] dlosses[i]/dmodel}. Pearson of x and y: {@code dx =
   * -(yc/sqrt(Sxx Syy) - r xc/Sxx)}; squared error: {@code 2 (x - y)/(P T)}; generalisation: the
   * same rule on g, then {@code dZ = (dS + dS^T) Z/(P-1)} with {@code dS[i,k] = dg[i]/T}, then
   * {@code dx = (dZ - mean dZ - Z mean(dZ Z))/deviation} per time.
   *
   * @param statistics as {@link #loss} left it
   * @param weights [3], F32: loss weight over its frozen normaliser
   * @param dmodel [T, P], overwritten
   */
  void lossBackward(Tensor model, Tensor target, Tensor statistics, Tensor weights, Tensor dmodel);

  /** Elements of F32 that {@link #loss} keeps for the backward pass. */
  static long statisticsSize(int times, long pairs) {
    return 8L * times + 2 * pairs + 32;
  }
}
