package io.attune.train;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a run stands; with the parameters and AdamW's moments it determines everything that
 * follows.
 *
 * @param epoch epochs completed, evaluation included
 * @param batch batches done of the epoch after that; 0 between epochs
 * @param step optimiser steps done
 * @param lossSum sum over the images of the current epoch so far of their batch's loss
 * @param images images of the current epoch so far
 * @param base evaluation of the model that training starts from, without adapters
 * @param untrained evaluation before the first step, with adapters freshly drawn
 * @param stopping best validation loss and patience
 * @param metrics a row for every completed epoch
 * @param shuffle where the random order of the current epoch comes from
 */
public record TrainingState(
    int epoch,
    int batch,
    long step,
    double lossSum,
    long images,
    Evaluation base,
    Evaluation untrained,
    EarlyStopping stopping,
    List<EpochMetrics> metrics,
    Shuffle shuffle) {
  public TrainingState {
    metrics = List.copyOf(metrics);
  }

  /** Key of the Philox stream that orders an epoch's images. */
  public record Shuffle(long seed, int stream, int step) {}

  /** Before the first step. */
  static TrainingState untrained(Evaluation base, Evaluation evaluation, Shuffle shuffle) {
    return new TrainingState(
        0,
        0,
        0,
        0,
        0,
        base,
        evaluation,
        EarlyStopping.untrained(evaluation.validationLoss()),
        List.of(),
        shuffle);
  }

  /** In the middle of an epoch. */
  TrainingState within(int newBatch, long newStep, double newLossSum, long newImages) {
    return new TrainingState(
        epoch,
        newBatch,
        newStep,
        newLossSum,
        newImages,
        base,
        untrained,
        stopping,
        metrics,
        shuffle);
  }

  /** After an epoch's evaluation. */
  TrainingState completed(EpochMetrics row, Shuffle next) {
    List<EpochMetrics> rows = new ArrayList<>(metrics);
    rows.add(row);
    return new TrainingState(
        epoch + 1,
        0,
        step,
        0,
        0,
        base,
        untrained,
        stopping.after(epoch + 1, row.validationLoss()),
        rows,
        next);
  }
}
