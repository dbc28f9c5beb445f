package io.attune.train;

import io.attune.hba.MegLossWeights;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a MEG run stands; with parameters and moments it determines everything that follows.
 *
 * @param stage which part is under way
 * @param epoch epochs completed, of both stages
 * @param stageEpoch epochs completed of this stage
 * @param batch batches done of the epoch after that
 * @param stageStep optimiser steps of this stage: AdamW begins anew in stage B
 * @param step optimiser steps of the run, which number the draws of noise
 * @param lossSum sum over the images of the current epoch so far of their batch's loss
 * @param images images of the current epoch so far
 * @param normalizers each part's mean over the validation batches before training
 * @param best the epoch that counts
 * @param epochsSinceBest as patience counts them in this stage
 * @param metrics a row for every completed epoch
 */
public record MegState(
    MegStageName stage,
    int epoch,
    int stageEpoch,
    int batch,
    long stageStep,
    long step,
    double lossSum,
    long images,
    MegLossWeights normalizers,
    Best best,
    int epochsSinceBest,
    List<MegEpoch> metrics) {
  public MegState {
    metrics = List.copyOf(metrics);
  }

  /**
   * The best validation so far.
   *
   * @param epoch 0 before training
   * @param loss L
   * @param pearson Lp
   */
  public record Best(int epoch, double loss, double pearson) {
    /** Better only if both are lower. */
    boolean beatenBy(double otherLoss, double otherPearson) {
      return otherLoss < loss && otherPearson < pearson;
    }
  }

  /** Before training: every part over its normaliser is 1, so that L is the weights' sum. */
  static MegState untrained(MegLossWeights weights, MegLossWeights normalizers) {
    double loss = weights.total(normalizers, normalizers);
    Best best = new Best(0, loss, normalizers.pearson());
    return new MegState(MegStageName.A, 0, 0, 0, 0, 0, 0, 0, normalizers, best, 0, List.of());
  }

  /** After a step. */
  MegState stepped(int count, double loss) {
    return new MegState(
        stage,
        epoch,
        stageEpoch,
        batch + 1,
        stageStep + 1,
        step + 1,
        lossSum + loss * count,
        images + count,
        normalizers,
        best,
        epochsSinceBest,
        metrics);
  }

  /** After an epoch's evaluation. */
  MegState completed(MegEpoch row) {
    List<MegEpoch> rows = new ArrayList<>(metrics);
    rows.add(row);
    boolean better = best.beatenBy(row.validationLoss(), row.parts().pearson());
    return new MegState(
        stage,
        epoch + 1,
        stageEpoch + 1,
        0,
        stageStep,
        step,
        0,
        0,
        normalizers,
        better ? new Best(epoch + 1, row.validationLoss(), row.parts().pearson()) : best,
        better ? 0 : epochsSinceBest + 1,
        rows);
  }

  /** Whether the latest epoch was the best. */
  boolean improved() {
    return best.epoch() == epoch;
  }

  /** At the start of stage B; bests carry over. */
  MegState second(int countedWithoutBest) {
    return new MegState(
        MegStageName.B, epoch, 0, 0, 0, step, 0, 0, normalizers, best, countedWithoutBest, metrics);
  }
}
