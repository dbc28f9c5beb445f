package io.attune.train;

import io.attune.hba.MegLossWeights;
import java.util.List;

/**
 * How a MEG run ended.
 *
 * @param normalizers each part of the loss before training; null if it was stopped before that
 * @param best the epoch that counts; 0 if nothing was better than the start
 * @param metrics a row for every completed epoch
 * @param steps optimiser steps done
 * @param interrupted whether it was asked to stop and can be resumed
 */
public record MegResult(
    MegLossWeights normalizers,
    MegState.Best best,
    List<MegEpoch> metrics,
    long steps,
    boolean interrupted) {
  static MegResult of(MegState state, boolean interrupted) {
    return new MegResult(
        state.normalizers(), state.best(), state.metrics(), state.step(), interrupted);
  }

  /** The same, asked to stop after training and before what follows it. */
  MegResult interruptedAfterTraining() {
    return new MegResult(normalizers, best, metrics, steps, true);
  }

  static MegResult interruptedBeforeTraining() {
    return new MegResult(null, new MegState.Best(0, Double.NaN, Double.NaN), List.of(), 0, true);
  }
}
