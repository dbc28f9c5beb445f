package io.attune.train;

/**
 * Keeps the best validation loss and counts the epochs without a better one. The best starts at the
 * untrained model's loss, so that a run that never improves ends with the model it began with.
 *
 * @param best lowest validation loss so far
 * @param bestEpoch where it was reached; 0 is the untrained model
 * @param epochsSinceBest epochs since then
 */
public record EarlyStopping(double best, int bestEpoch, int epochsSinceBest) {
  /** Before training. */
  public static EarlyStopping untrained(double loss) {
    return new EarlyStopping(loss, 0, 0);
  }

  /** After epoch {@code epoch}; only a strictly lower loss is better. */
  public EarlyStopping after(int epoch, double loss) {
    return loss < best
        ? new EarlyStopping(loss, epoch, 0)
        : new EarlyStopping(best, bestEpoch, epochsSinceBest + 1);
  }

  /** Whether the latest epoch was the best, the untrained model counting as one. */
  public boolean improved() {
    return epochsSinceBest == 0;
  }

  /** Whether {@code patience} epochs have brought nothing better. */
  public boolean exhausted(int patience) {
    return epochsSinceBest >= patience;
  }
}
