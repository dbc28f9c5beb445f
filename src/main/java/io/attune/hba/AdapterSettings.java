package io.attune.hba;

import io.attune.InputException;

/**
 * What kind of adapter, and how large.
 *
 * @param kind which formula
 * @param rank r
 * @param alpha numerator of the scale
 * @param rankStabilized whether the scale is {@code alpha/sqrt(r)} (PEFT's {@code use_rslora})
 *     instead of {@code alpha/r}
 * @param startsAtBase whether the paper's DoRA starts with a zero up-projection; the other kinds
 *     always do
 */
public record AdapterSettings(
    AdapterKind kind, int rank, double alpha, boolean rankStabilized, boolean startsAtBase) {
  /** alpha of the paper. */
  public static final double PAPER_ALPHA = 16;

  public AdapterSettings {
    if (rank < 1) {
      throw new InputException("rank: must be at least 1, is " + rank);
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new InputException("alpha: must be a positive number, is " + alpha);
    }
  }

  /** An adapter as the paper scales it. */
  public static AdapterSettings of(AdapterKind kind, int rank, BehaviorPreset preset) {
    return new AdapterSettings(kind, rank, PAPER_ALPHA, false, preset.startsAtBase());
  }

  /** s, by which the low-rank product is multiplied. */
  public float scale() {
    return (float) (alpha / (rankStabilized ? Math.sqrt(rank) : rank));
  }
}
