package io.attune.train;

import java.util.List;

/**
 * How a run ended.
 *
 * @param base evaluation of the model that training started from
 * @param untrained evaluation before the first step, with adapters freshly drawn
 * @param stopping the best validation loss and its epoch
 * @param metrics a row for every completed epoch
 * @param interrupted whether it was asked to stop and can be resumed
 * @param steps optimiser steps done
 */
public record TrainingResult(
    Evaluation base,
    Evaluation untrained,
    EarlyStopping stopping,
    List<EpochMetrics> metrics,
    boolean interrupted,
    long steps) {
  /** Stopped while constants were computed: nothing was scored or trained. */
  static TrainingResult interruptedBeforeTraining() {
    Evaluation none = new Evaluation(Double.NaN, Double.NaN);
    return new TrainingResult(none, none, EarlyStopping.untrained(Double.NaN), List.of(), true, 0);
  }

  public int bestEpoch() {
    return stopping.bestEpoch();
  }

  /** Evaluation at the best epoch, the untrained model's if none was better. */
  public Evaluation best() {
    return bestEpoch() == 0
        ? untrained
        : metrics.stream()
            .filter(row -> row.epoch() == bestEpoch())
            .map(row -> new Evaluation(row.validationLoss(), row.spearman()))
            .findFirst()
            .orElseThrow();
  }
}
