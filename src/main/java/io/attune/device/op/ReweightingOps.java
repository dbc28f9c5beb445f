package io.attune.device.op;

import io.attune.tensor.Tensor;

/**
 * Feature reweighting: every time point mixes the outputs of all blocks with its own weights, and
 * noise is injected at its level (spec/clip-hba.md section 6). T time points, L blocks, B images, K
 * dimensions; all times at once. Everywhere a ReLU has gradient 0 at 0. Tensors of three axes, and
 * the deviation, are contiguous ({@link MegShapes}).
 */
public interface ReweightingOps {
  /** Added to the denominators of {@link #mixing}. */
  float EPSILON = 1e-10f;

  /**
   * The mixing of each time: the mean w of rows {@code t - window} to {@code t + window} that
   * exist; {@code v = (w - min)/(max - min + 1e-10)} over the row; {@code p = ReLU(v/(sum v +
   * 1e-10))}.
   *
   * @param weights [T, L]
   * @param window rows to each side, at least 0
   * @param mixing [T, L]
   */
  void mixing(Tensor weights, int window, Tensor mixing);

  /**
   * {@code dweights += J^T dmixing}. With {@code q = max - min + 1e-10}: {@code dv = (dp - sum(dp
   * p))/(sum v + 1e-10)}, where dp counts as 0 where p = 0; {@code dw = dv/q}, with {@code -sum(dv
   * (1 - v))/q} added at the first smallest entry and {@code -sum(dv v)/q} at the first largest;
   * then each row is spread over the window it was averaged from.
   *
   * @param mixing [T, L], as {@link #mixing} left it
   * @param dmixing [T, L]
   * @param dweights [T, L], accumulates
   */
  void mixingBackward(Tensor weights, int window, Tensor mixing, Tensor dmixing, Tensor dweights);

  /**
   * {@code raw[t] = ReLU(richness[t] sum over j of mixing[t,j] features[j])}.
   *
   * @param mixing [T, L]
   * @param features [L, B, K], the similarities of every block's class token with every prompt
   * @param richness [T], alpha, at least 0
   * @param raw [T, B, K]
   */
  void reweight(Tensor mixing, Tensor features, Tensor richness, Tensor raw);

  /**
   * With draw counting as 0 where raw is 0: {@code dmixing[t,j] = richness[t] <draw[t],
   * features[j]>}, and 0 where mixing[t,j] = 0; {@code dfeatures[j] = sum over t of richness[t]
   * mixing[t,j] draw[t]}.
   *
   * @param draw [T, B, K]
   * @param dmixing [T, L], overwritten
   * @param dfeatures [L, B, K], overwritten; null where not wanted
   */
  void reweightBackward(
      Tensor mixing,
      Tensor features,
      Tensor richness,
      Tensor raw,
      Tensor draw,
      Tensor dmixing,
      Tensor dfeatures);

  /**
   * {@code out[t] = ReLU(generalization[t] (raw[t] + level[t] noise[t] deviation[t])) + floor},
   * where deviation[t,k] is the unbiased standard deviation of raw[t,.,k] over the batch.
   *
   * @param raw [T, B, K]
   * @param generalization [T], beta, at least 0
   * @param level [T], nu
   * @param noise where noise and floor come from
   * @param deviation [T, K], read where the noise says that it is given, else written, also where
   *     there is no noise; NaN for a batch of one
   * @param out [T, B, K]
   */
  void inject(
      Tensor raw, Tensor generalization, Tensor level, Noise noise, Tensor deviation, Tensor out);

  /**
   * With dout counting as 0 where the ReLU's argument is not above 0: {@code draw = beta dout +
   * ddeviation[k] (raw - mean[k])/((B - 1) deviation[k])} with {@code ddeviation[k] = beta level
   * sum over b of noise dout}; the second term is 0 where the deviation is 0, is given, or there is
   * no noise.
   *
   * @param noise as in the forward pass, with the same draws
   * @param deviation [T, K], as the forward pass left it
   * @param dout [T, B, K]
   * @param draw [T, B, K], overwritten; may be dout
   */
  void injectBackward(
      Tensor raw,
      Tensor generalization,
      Tensor level,
      Noise noise,
      Tensor deviation,
      Tensor dout,
      Tensor draw);
}
