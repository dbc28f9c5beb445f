package io.attune.hba;

import io.attune.InputException;

/**
 * What differs between the published MEG stages, the settings behind the stored figures, and the
 * ones that mend the method's quirks (spec/clip-hba.md sections 4, 6 and 7).
 *
 * @param name as on the command line
 * @param startsAtBase whether adapters start with a zero up-projection, so that the start is CLIP
 * @param noisyEvaluation whether noise is drawn in evaluation too, so that an image's output
 *     depends on its batch
 * @param magnitudeTrains whether the adapters' m trains in stage B
 * @param patienceCarriesOver whether an individual's stage B starts with one epoch counted as
 *     without improvement where the last epoch of stage A was
 * @param rates learning rates
 */
public record MegPreset(
    String name,
    boolean startsAtBase,
    boolean noisyEvaluation,
    boolean magnitudeTrains,
    boolean patienceCarriesOver,
    Rates rates) {
  /**
   * Learning rates of AdamW, constant.
   *
   * @param layersFirst of the layer weights in stage A, in which the adapters rest
   * @param layersSecond of the layer weights in stage B
   * @param adapters of the adapters in stage B
   */
  public record Rates(double layersFirst, double layersSecond, double adapters) {
    public Rates {
      for (double rate : new double[] {layersFirst, layersSecond, adapters}) {
        if (!(rate >= 0) || Double.isInfinite(rate)) {
          throw new InputException("learning rate: must not be negative, is " + rate);
        }
      }
    }
  }

  /** As released. */
  public static final MegPreset PAPER =
      new MegPreset("paper", false, true, false, true, new Rates(3e-3, 3e-3, 3e-5));

  /** Behind the stored figures. */
  public static final MegPreset PAPER_V1 =
      new MegPreset("paper-v1", false, true, true, true, new Rates(1e-2, 1e-4, 5e-5));

  /** The released one without its quirks. */
  public static final MegPreset CORRECTED =
      new MegPreset("corrected", true, false, false, false, new Rates(3e-3, 3e-3, 3e-5));

  /** The same with other learning rates. */
  public MegPreset withRates(Rates others) {
    return new MegPreset(
        name, startsAtBase, noisyEvaluation, magnitudeTrains, patienceCarriesOver, others);
  }

  /**
   * The preset called {@code name}.
   *
   * @throws InputException if there is none
   */
  public static MegPreset named(String name) {
    return switch (name) {
      case "paper" -> PAPER;
      case "paper-v1" -> PAPER_V1;
      case "corrected" -> CORRECTED;
      default ->
          throw new InputException(
              "preset: '" + name + "' is unknown - use paper, paper-v1 or corrected");
    };
  }
}
