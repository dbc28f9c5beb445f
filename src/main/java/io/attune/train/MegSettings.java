package io.attune.train;

import io.attune.InputException;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSettings;
import io.attune.hba.MegLossWeights;
import io.attune.hba.MegPreset;

/**
 * How a MEG model is trained (spec/clip-hba.md sections 6 and 7).
 *
 * @param scope the group's model or one participant's
 * @param preset which of the method's settings, and learning rates
 * @param rank of the adapters
 * @param epochs at most, of both stages together
 * @param patience epochs without a better one before a stage ends
 * @param firstEpochs exact length of stage A; 0 where patience ends it
 * @param secondStage whether stage B follows
 * @param batch images of a step
 * @param seed of order, noise and adapters
 * @param weightDecay on all that trains
 */
public record MegSettings(
    Scope scope,
    MegPreset preset,
    int rank,
    int epochs,
    int patience,
    int firstEpochs,
    boolean secondStage,
    int batch,
    long seed,
    double weightDecay) {
  /** Fewest images whose dissimilarities can be correlated. */
  static final int FEWEST = 3;

  /** Whose model. */
  public enum Scope {
    /** Stage 2: membership of batches is fixed, their order is drawn each epoch. */
    GROUP(MegLossWeights.GROUP),
    /** Stage 3: batches are drawn anew each epoch. */
    INDIVIDUAL(MegLossWeights.INDIVIDUAL);

    private final MegLossWeights weights;

    Scope(MegLossWeights weights) {
      this.weights = weights;
    }

    /** Weights of the three parts of the loss. */
    public MegLossWeights weights() {
      return weights;
    }
  }

  public MegSettings {
    if (batch < FEWEST) {
      throw new InputException(
          "batch: must be at least %d, since RDMs are compared; is %d".formatted(FEWEST, batch));
    }
    if (epochs < 1) {
      throw new InputException("epochs: must be at least 1, is " + epochs);
    }
    if (patience < 1) {
      throw new InputException("patience: must be at least 1, is " + patience);
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new InputException("weight decay: must not be negative, is " + weightDecay);
    }
  }

  /** Stage 2 as published: rank 32, 50 epochs, patience 5, batch 50. */
  public static MegSettings group(MegPreset preset, long seed) {
    return new MegSettings(Scope.GROUP, preset, 32, 50, 5, 0, true, 50, seed, 0.01);
  }

  /** Stage 3 as published: rank 6, 40 epochs, 10 of them stage A, patience 10, batch 40. */
  public static MegSettings individual(MegPreset preset, long seed) {
    return new MegSettings(Scope.INDIVIDUAL, preset, 6, 40, 10, 10, true, 40, seed, 0.01);
  }

  /** The adapters' settings: the paper's DoRA. */
  public AdapterSettings adapterSettings() {
    return new AdapterSettings(
        AdapterKind.DORA, rank, AdapterSettings.PAPER_ALPHA, false, preset.startsAtBase());
  }
}
