package io.attune.train;

import io.attune.InputException;
import java.time.Duration;

/**
 * How long to train and when to save.
 *
 * @param epochs at most
 * @param patience epochs without a better validation loss before stopping
 * @param saveEvery save in the middle of an epoch once this much time has passed since the last
 *     save; what is computed does not depend on it
 */
public record TrainerSettings(int epochs, int patience, Duration saveEvery) {
  public TrainerSettings {
    if (epochs < 0) {
      throw new InputException("epochs: must not be negative, is " + epochs);
    }
    if (patience < 1) {
      throw new InputException("patience: must be at least 1, is " + patience);
    }
  }

  public TrainerSettings(int epochs, int patience) {
    this(epochs, patience, Duration.ofMinutes(5));
  }
}
