package io.attune.hba;

/**
 * Weights, or frozen normalisers, or values, of the three parts of the MEG loss (spec/clip-hba.md
 * section 6).
 *
 * @param pearson of 1 - Pearson over all times and pairs
 * @param meanSquaredError of the mean squared error
 * @param generalization of 1 - Pearson between the generalisation curves
 */
public record MegLossWeights(double pearson, double meanSquaredError, double generalization) {
  /** Stage 2: 1, 0.1, 0.15. */
  public static final MegLossWeights GROUP = new MegLossWeights(1, 0.1, 0.15);

  /** Stage 3: 1, 0.15, 0.1. */
  public static final MegLossWeights INDIVIDUAL = new MegLossWeights(1, 0.15, 0.1);

  /** Each weight over its normaliser: what the device multiplies the parts with. */
  public float[] over(MegLossWeights normalizers) {
    return new float[] {
      (float) (pearson / normalizers.pearson),
      (float) (meanSquaredError / normalizers.meanSquaredError),
      (float) (generalization / normalizers.generalization)
    };
  }

  /** The loss whose parts are {@code parts}. */
  public double total(MegLossWeights normalizers, MegLossWeights parts) {
    return pearson * parts.pearson / normalizers.pearson
        + meanSquaredError * parts.meanSquaredError / normalizers.meanSquaredError
        + generalization * parts.generalization / normalizers.generalization;
  }
}
